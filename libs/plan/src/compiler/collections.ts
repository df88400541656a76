import type { StatementOf } from '../plan/index.js';
import { literal } from './expressions.js';
import type { FunctionCompiler } from './function-compiler.js';

/** Looks up a key. The code for plain objects is inline, so that V8 learns the shape of the objects at each place. */
export function dot(f: FunctionCompiler, { source, key, target }: StatementOf<'DotStmt'>): void {
  if (source.type !== 'local') {
    f.line(f.leave());
    return;
  }
  const from = f.local(source.value);
  const lookup = f.lookup(source.value);
  const value =
    key.type === 'string_index'
      ? member(from, f.program.plan.strings[key.value] ?? '', lookup)
      : `${lookup}(${from}, ${f.read(key)})`;
  f.assignDefined(target, value);
  f.markPartOf(source.value, target);
}

function member(from: string, key: string, lookup: string): string {
  const name = literal(key);
  const slow = /^[+.\d-]/.test(key) ? lookup : '$get';
  // If Object.prototype lacks the key, the key can only be an own property. V8 folds both tests, which take a quarter
  // of the time of Object.hasOwn.
  return `${isPlain(from)} && $prototype[${name}] === undefined ? $fromCaller(${from}[${name}]) : ${slow}(${from}, ${name})`;
}

/**
 * Whether the prototype of a value is Object.prototype, as for objects of JSON.parse. Other objects go through
 * `$get`, with the same result. A read of `__proto__` would trust an own key of that name.
 */
const isPlain = (name: string): string =>
  `typeof ${name} === 'object' && ${name} !== null && $prototypeOf(${name}) === $prototype`;

/** Runs a block for each entry of a collection. */
export function scan(f: FunctionCompiler, { source, key, value, block }: StatementOf<'ScanStmt'>): void {
  const turns = f.writer.fresh('s');
  const index = f.writer.fresh('i');
  f.line(`const ${turns} = $scan(${f.local(source)});`);
  f.nested(() => {
    f.line('if (--$work.steps < 0) $work.clock.tick();');
    f.assign(key, `${turns}.key(${index})`);
    f.assign(value, `${turns}.value(${index})`);
    f.markPartOf(source, value);
    f.nested(() => f.block(block));
  }, `for (let ${index} = 0; ${index} < ${turns}.length; ${index}++) `);
}

/** Inserts an entry into an object. Another value under the same key is a conflict. */
export function insertOnce(f: FunctionCompiler, stmt: StatementOf<'ObjectInsertOnceStmt'>): void {
  const { object, key, value, location } = stmt;
  f.grow(`$insertOnce(c, ${f.local(object)}, ${f.read(key)}, ${f.read(value)}, ${f.site(location)});`);
}

/** Assigns a value to a variable. A different earlier value is a conflict. */
export function assignOnce(
  f: FunctionCompiler,
  { source, target, location }: StatementOf<'AssignVarOnceStmt'>,
): void {
  const name = f.local(target);
  const value = f.read(source);
  const isOther = source.type === 'local' ? `!$equals(${name}, ${value})` : `${name} !== ${value}`;
  f.line(`if (${name} === undefined)`);
  f.assign(target, value);
  f.line(`else if (${isOther}) $conflict(c, ${f.site(location)});`);
}

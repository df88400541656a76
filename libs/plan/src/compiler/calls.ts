import type { StatementOf } from '../plan/index.js';
import { literal } from './expressions.js';
import type { FunctionCompiler } from './function-compiler.js';

/**
 * How many enclosing blocks an undefined dynamic call leaves. OPA's planner puts the fallback to base data into those
 * blocks.
 */
const UNDEFINED_RULE = 3;

/** The number of the local variable that holds `data`. */
const DATA = 1;

/** Calls a rule, a function or a builtin. */
export function call(f: FunctionCompiler, { func, args, result, location }: StatementOf<'CallStmt'>): void {
  const callee = f.program.callee(func, args.length);
  const expression = `${callee.name}(${['c', ...args.map((arg) => f.read(arg))].join(', ')})`;
  if (callee.kind === 'builtin') f.line(`c.site = ${f.site(location)};`);
  if (callee.hasResult) f.assignDefined(result, expression);
  else f.line(`${expression};`);
}

/** Calls the rule whose path the evaluation computes. */
export function callDynamic(
  f: FunctionCompiler,
  { args, path, result }: StatementOf<'CallDynamicStmt'>,
): void {
  const rule = f.writer.fresh('d');
  f.line(`const ${rule} = $ruleAt(rules, [${path.map((part) => f.read(part)).join(', ')}]);`);
  f.leaveIf(`${rule} === undefined`);
  f.assign(result, `${rule}(${['c', ...args.map((arg) => f.local(arg))].join(', ')})`);
  f.markRuled(result);
  f.line(`if (${f.local(result)} === undefined) ${f.leave(UNDEFINED_RULE)}`);
}

/** Runs a block with a replaced `input` or `data`: `with`. */
export function withDocument(f: FunctionCompiler, stmt: StatementOf<'WithStmt'>): void {
  const document = f.local(stmt.local);
  const [saved, scope, isDefined] = [f.writer.fresh('w'), f.writer.fresh('o'), f.writer.fresh('t')];
  const path = stmt.path.map((part) => literal(f.program.plan.strings[part] ?? ''));
  f.line(`const ${saved} = ${document}, ${scope} = c.scope;`);
  f.line(`let ${isDefined} = false;`);
  const args = `${document}, [${path.join(', ')}], ${f.read(stmt.value)}`;
  f.line(`${document} = ${stmt.local === DATA ? `$overlay(${scope}, ${args})` : `$upsert(${args})`};`);
  f.line(`c.scope = $enter(${scope}, ${f.local(0)}, ${f.local(1)});`);
  f.line('try {');
  f.nested(() => {
    f.block(stmt.block);
    f.line(`${isDefined} = true;`);
  });
  f.line(`} finally { ${document} = ${saved}; c.scope = ${scope}; }`);
  f.leaveIf(`!${isDefined}`);
}

import type { Block, Operand, StatementOf, StatementType } from '../plan/index.js';
import { call, callDynamic, withDocument } from './calls.js';
import { assignOnce, dot, insertOnce, scan } from './collections.js';
import { isConstant, number } from './expressions.js';
import type { FunctionCompiler } from './function-compiler.js';

type Compile<T extends StatementType> = (f: FunctionCompiler, stmt: StatementOf<T>) => void;

/** How each kind of statement becomes JavaScript. */
const COMPILE: { readonly [T in StatementType]: Compile<T> } = {
  ArrayAppendStmt: (f, { value, array }) => f.grow(`${f.local(array)}.push(${f.read(value)});`),
  AssignIntStmt: (f, { value, target }) => f.assign(target, number(f.program, value)),
  AssignVarOnceStmt: assignOnce,
  AssignVarStmt: (f, { source, target }) => f.assign(target, f.read(source)),
  BlockStmt: (f, { blocks }) => blocks.forEach((block) => f.nested(() => f.block(block))),
  BreakStmt: (f, { index }) => f.line(f.leave(index)),
  CallDynamicStmt: callDynamic,
  CallStmt: call,
  DotStmt: dot,
  EqualStmt: (f, stmt) => f.leaveIf(`!${equality(f, stmt)}`),
  IsArrayStmt: (f, { source }) => f.leaveIf(`!Array.isArray(${f.read(source)})`),
  IsDefinedStmt: (f, { source }) => f.leaveIf(`${f.local(source)} === undefined`),
  IsObjectStmt: (f, { source }) => f.leaveIf(`!$isObject(${f.read(source)})`),
  IsSetStmt: (f, { source }) => f.leaveIf(`!$isSet(${f.read(source)})`),
  IsUndefinedStmt: (f, { source }) => f.leaveIf(`${f.local(source)} !== undefined`),
  LenStmt: (f, { source, target }) => f.assign(target, `$lengthOf(${f.read(source)})`),
  MakeArrayStmt: (f, { target }) => f.assign(target, '[]'),
  MakeNullStmt: (f, { target }) => f.assign(target, 'null'),
  MakeNumberIntStmt: (f, { value, target }) => f.assign(target, number(f.program, value)),
  MakeNumberRefStmt: (f, { Index, target }) =>
    f.assign(target, number(f.program, f.program.plan.strings[Index] ?? '')),
  MakeObjectStmt: (f, { target }) => f.assign(target, 'new $RegoObject()'),
  MakeSetStmt: (f, { target }) => f.assign(target, 'new $RegoSet()'),
  NopStmt: () => undefined,
  NotEqualStmt: (f, stmt) => f.leaveIf(equality(f, stmt)),
  NotStmt: (f, { block }) => {
    const leave = f.leave();
    f.nested(() => {
      f.block(block);
      f.line(leave);
    });
  },
  ObjectInsertOnceStmt: insertOnce,
  ObjectInsertStmt: (f, { key, value, object }) =>
    f.grow(`$insertInto(${f.local(object)}, ${f.read(key)}, ${f.read(value)});`),
  ObjectMergeStmt: (f, { a, b, target }) => f.assign(target, `$merge(${f.local(a)}, ${f.local(b)})`),
  ResetLocalStmt: (f, { target }) => f.assign(target, 'undefined'),
  ResultSetAddStmt: (f, { value }) => f.line(f.result(`$get(${f.local(value)}, "result")`)),
  ReturnLocalStmt: (f, { source }) => f.line(f.result(f.local(source))),
  ScanStmt: scan,
  SetAddStmt: (f, { value, set }) => f.grow(`$addToSet(${f.local(set)}, ${f.read(value)});`),
  WithStmt: withDocument,
};

/** Adds the statements of a block to a function. */
export function compileBlock(f: FunctionCompiler, { stmts }: Block): void {
  const result = f.isEntrypoint ? wrappedResult(f, stmts) : undefined;
  if (result !== undefined) {
    compileBlock(f, { stmts: stmts.slice(0, -3) });
    f.line(f.result(f.read(result)));
    return;
  }
  for (const [index, { type, stmt }] of stmts.entries()) {
    COMPILE[type](f, stmt as never);
    if (type === 'AssignVarStmt' && stmts[index + 1]?.type === 'BreakStmt') continueReference(f, stmt);
  }
}

/**
 * The value that an entrypoint returns. Its last statements wrap the value in an object and add the object to the
 * result set.
 */
function wrappedResult({ program }: FunctionCompiler, stmts: Block['stmts']): Operand | undefined {
  const [make, insert, add] = stmts.slice(-3);
  if (
    make?.type !== 'MakeObjectStmt' ||
    insert?.type !== 'ObjectInsertStmt' ||
    add?.type !== 'ResultSetAddStmt'
  )
    return undefined;
  const { key, value, object } = insert.stmt;
  const isResult = key.type === 'string_index' && program.plan.strings[key.value] === 'result';
  return isResult && object === make.stmt.target && add.stmt.value === object ? value : undefined;
}

/**
 * Records that the target of a reference may hold base data. When no rule covers the first part of a reference, the
 * planner assigns the value of the base data and breaks out of the block.
 */
function continueReference(f: FunctionCompiler, { source, target }: StatementOf<'AssignVarStmt'>): void {
  if (source.type === 'local') f.markPartOf(source.value, target);
}

function equality(f: FunctionCompiler, { a, b }: StatementOf<'EqualStmt'>): string {
  const [left, right] = [f.read(a), f.read(b)];
  if (isConstant(a) || isConstant(b)) return `(${left} === ${right})`;
  const areObjects = `typeof ${left} === 'object' || typeof ${right} === 'object'`;
  return `(${left} === ${right} || ((${areObjects}) && $equals(${left}, ${right})))`;
}

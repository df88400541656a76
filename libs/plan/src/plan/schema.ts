import type { RegoNumber } from '../values/index.js';

/** An operand of a statement: a local variable, a string of the plan or a boolean. */
export type Operand =
  | { readonly type: 'local'; readonly value: number }
  | { readonly type: 'string_index'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean };

/** Statements that run in order, until one is undefined. */
export interface Block {
  readonly stmts: readonly Statement[];
}

/** The types of the fields of statements. */
interface FieldKinds {
  /** The number of a local variable that is read or written. */
  local: number;
  locals: readonly number[];
  operand: Operand;
  operands: readonly Operand[];
  block: Block;
  blocks: readonly Block[];
  /** An integer that fits 64 bits. */
  integer: number | RegoNumber;
  /** An index into the plan's texts. */
  string: number;
  strings: readonly number[];
  /** A count from zero. */
  count: number;
  name: string;
}

/** The kind of a statement's field. */
export type FieldKind = keyof FieldKinds;

/** Every kind of statement with its fields, from OPA's `v1/ir/ir.go`. */
export const STATEMENTS = {
  ArrayAppendStmt: { value: 'operand', array: 'local' },
  AssignIntStmt: { value: 'integer', target: 'local' },
  AssignVarOnceStmt: { source: 'operand', target: 'local' },
  AssignVarStmt: { source: 'operand', target: 'local' },
  BlockStmt: { blocks: 'blocks' },
  BreakStmt: { index: 'count' },
  CallDynamicStmt: { args: 'locals', path: 'operands', result: 'local' },
  CallStmt: { func: 'name', args: 'operands', result: 'local' },
  DotStmt: { source: 'operand', key: 'operand', target: 'local' },
  EqualStmt: { a: 'operand', b: 'operand' },
  IsArrayStmt: { source: 'operand' },
  IsDefinedStmt: { source: 'local' },
  IsObjectStmt: { source: 'operand' },
  IsSetStmt: { source: 'operand' },
  IsUndefinedStmt: { source: 'local' },
  LenStmt: { source: 'operand', target: 'local' },
  MakeArrayStmt: { target: 'local' },
  MakeNullStmt: { target: 'local' },
  MakeNumberIntStmt: { value: 'integer', target: 'local' },
  MakeNumberRefStmt: { Index: 'string', target: 'local' },
  MakeObjectStmt: { target: 'local' },
  MakeSetStmt: { target: 'local' },
  NopStmt: {},
  NotEqualStmt: { a: 'operand', b: 'operand' },
  NotStmt: { block: 'block' },
  ObjectInsertOnceStmt: { key: 'operand', value: 'operand', object: 'local' },
  ObjectInsertStmt: { key: 'operand', value: 'operand', object: 'local' },
  ObjectMergeStmt: { a: 'local', b: 'local', target: 'local' },
  ResetLocalStmt: { target: 'local' },
  ResultSetAddStmt: { value: 'local' },
  ReturnLocalStmt: { source: 'local' },
  ScanStmt: { source: 'local', key: 'local', value: 'local', block: 'block' },
  SetAddStmt: { value: 'operand', set: 'local' },
  WithStmt: { local: 'local', path: 'strings', value: 'operand', block: 'block' },
} as const satisfies Record<string, Record<string, FieldKind>>;

type Statements = typeof STATEMENTS;

/** The name of a kind of statement. */
export type StatementType = keyof Statements;

/** Where in the policy a statement comes from. The file is an index into the plan's files. */
export interface StatementLocation {
  readonly file: number;
  readonly row: number;
  readonly col: number;
}

/** The fields of one kind of statement. */
export type StatementOf<T extends StatementType> = {
  readonly [K in keyof Statements[T]]: Statements[T][K] extends FieldKind
    ? FieldKinds[Statements[T][K]]
    : never;
} & { readonly location: StatementLocation };

/** A statement of any kind. */
export type Statement = {
  [T in StatementType]: { readonly type: T; readonly stmt: StatementOf<T> };
}[StatementType];

/** A function of the plan: a rule, or a function of the policy. */
export interface PlanFunction {
  readonly name: string;
  /** The generation (`g0`) and the path of the document that the function computes. */
  readonly path: readonly string[];
  readonly params: readonly number[];
  readonly blocks: readonly Block[];
}

/** A builtin that the plan calls. */
export interface PlanBuiltin {
  readonly name: string;
  /** The number of arguments. */
  readonly arity: number;
  /** Whether the builtin returns a value. `print` does not. */
  readonly hasResult: boolean;
}

/** A checked plan. */
export interface Plan {
  readonly strings: readonly string[];
  readonly files: readonly string[];
  readonly builtins: readonly PlanBuiltin[];
  readonly entrypoints: readonly { readonly name: string; readonly blocks: readonly Block[] }[];
  readonly functions: readonly PlanFunction[];
}

import type { ExecutionContext } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Decision, InputSnapshot, MaybePromise } from '../contracts/index.js';
import { findAdapter } from './registry.js';

/** One edit of a handler's result. With `mask`, the mask replaces the value at the path; without, the value is removed. */
export interface ResultEdit {
  /** The segments of a JSON Pointer; `*` stands for every member. */
  readonly path: readonly string[];
  readonly mask?: unknown;
}

/** An input and its snapshot. The application may later modify the request or the subject, which the input refers to. */
export interface DecidedInput {
  readonly value: Readonly<Record<string, unknown>>;
  /** `undefined` when JSON can't represent the input. */
  readonly snapshot: InputSnapshot | undefined;
  /** The module instance that decides. The guards of two modules may use different instances. */
  readonly by: object;
}

/** The guard's decision about one request and handler. The interceptor and `@OpaDecision` read it. */
export interface DecisionRecord {
  readonly handler: unknown;
  readonly controller: unknown;
  /** Distinguishes the runs of a handler within one request. Express runs a handler again when it calls `next()`. */
  readonly run: unknown;
  /** The guard's result: `true`, or a rejection with the refusal. `undefined` until a guard asks a policy. */
  verdict: MaybePromise<boolean> | undefined;
  /** The decision, if it was an allow. */
  allowed: Decision | undefined;
  /** The input of the request's decision. */
  input: DecidedInput | undefined;
  /** The edits that the request's decision demands in the handler's result. */
  edits: readonly ResultEdit[];
  /** The previous record of the same request, which belongs to another handler. */
  readonly previous: DecisionRecord | undefined;
}

// A property of the request. `Symbol.for` gives the ESM and the CommonJS build the same key.
const LATEST = Symbol.for('nestjs-opa:decisions');

type Holder = Record<typeof LATEST, DecisionRecord | undefined>;

const NO_EDITS: readonly ResultEdit[] = [];

/** Begins a new decision in a record, and clears the previous decision there. */
export function beginDecision(record: DecisionRecord, input: DecidedInput): void {
  record.verdict = undefined;
  record.allowed = undefined;
  record.edits = NO_EDITS;
  record.input = input;
}

/** Returns the verdict about the same input; `undefined` without one, and for an input that JSON can't represent. */
export function verdictOn(
  { verdict, input }: DecisionRecord,
  { snapshot, by }: DecidedInput,
): typeof verdict {
  if (verdict === undefined || snapshot === undefined || by !== input?.by) return undefined;
  return snapshot.json === input.snapshot?.json ? verdict : undefined;
}

/** Returns the input as it was when the guard asked the policy; `undefined` when no guard asked one. */
export function findDecidedInput(context: ExecutionContext): DecidedInput['value'] | undefined {
  const input = findRecord(context)?.input;
  if (input?.snapshot === undefined) return input?.value;
  return input.snapshot.read(JSON.parse) as DecidedInput['value'];
}

/** Finds the record of a request and handler; `undefined` without one. */
export function findRecord(context: ExecutionContext): DecisionRecord | undefined {
  return recordIn(holderOf(context), context);
}

/** Returns the record of a request and handler. Without one, a new record is stored on the request. */
export function recordOf(context: ExecutionContext): DecisionRecord {
  const holder = holderOf(context);
  return recordIn(holder, context) ?? begin(holder, context);
}

/**
 * Finds the record of a call for a parameter decorator.
 *
 * @remarks Except on HTTP, Nest passes a copy of the list of arguments to parameter decorators.
 */
export function findRecordForParameter(context: ExecutionContext): DecisionRecord | undefined {
  const args = context.getArgs<unknown[]>();
  const calls = args.map((arg) => (isObject(arg) ? callsByArgument.get(arg) : undefined));
  const sameCall = calls.find(
    (call) =>
      call !== undefined &&
      isOf(call.record, context) &&
      call.args.every((arg, index) => arg === args[index]),
  );
  return sameCall?.record ?? findRecord(context);
}

function recordIn(holder: Holder, context: ExecutionContext): DecisionRecord | undefined {
  let record = holder[LATEST];
  while (record !== undefined && !isOf(record, context)) record = record.previous;
  return record;
}

function isOf({ handler, controller, run }: DecisionRecord, context: ExecutionContext): boolean {
  return handler === context.getHandler() && controller === context.getClass() && run === runOf(context);
}

function runOf(context: ExecutionContext): unknown {
  return findAdapter(context)?.run(context);
}

function begin(holder: Holder, context: ExecutionContext): DecisionRecord {
  const record: DecisionRecord = {
    handler: context.getHandler(),
    controller: context.getClass(),
    run: runOf(context),
    verdict: undefined,
    allowed: undefined,
    input: undefined,
    edits: NO_EDITS,
    previous: holder[LATEST],
  };
  holder[LATEST] = record;
  const args = context.getArgs<unknown[]>();
  if (holder !== (args as unknown)) return record;
  for (const arg of args) if (isObject(arg)) callsByArgument.set(arg, { args, record });
  return record;
}

interface RecordedCall {
  readonly args: readonly unknown[];
  readonly record: DecisionRecord;
}

// The last call with each argument. On every transport at least one argument belongs to a single call; others, such as
// the connection, are shared.
const callsByArgument = new WeakMap<object, RecordedCall>();

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * Claims the result of a call for the outermost of nested interceptors. A second interceptor would ask the policy again,
 * and would apply the edits to rows that are already edited.
 *
 * @returns the record of the call; `undefined` when an outer interceptor has claimed the result ({@link withClaimedResult})
 */
export function claimResult(context: ExecutionContext): DecisionRecord | undefined {
  const record = recordOf(context);
  return claimed.getStore() === record ? undefined : record;
}

// A mark on the record would be wrong: an outer interceptor may run the handler again (`retry`), and each run has a result.
const claimed = new AsyncLocalStorage<DecisionRecord | undefined>();

/** Runs the handler for the interceptor that has claimed its result with {@link claimResult}. */
export function withClaimedResult<T>(context: ExecutionContext, handle: () => T): T {
  return claimed.run(findRecord(context), handle);
}

function holderOf(context: ExecutionContext): Holder {
  return (findAdapter(context)?.holder(context) ?? context.getArgs<unknown[]>()) as Holder;
}

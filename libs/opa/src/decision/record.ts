import type { ExecutionContext } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Decision } from '../contracts/index.js';

/** A change of a handler's result: a mask in place of what a path leads to, or, without one, its removal. */
export interface ResultEdit {
  /** The segments of a JSON Pointer; `*` stands for every member. */
  readonly path: readonly string[];
  readonly mask?: unknown;
}

/** What the guard knows of a request that it has decided; the interceptor and `@OpaDecision` read it. */
export interface DecisionRecord {
  readonly handler: unknown;
  readonly controller: unknown;
  readonly decision: Promise<Decision | undefined>;
  /** The decision, once it is made and was an allow. */
  made?: Decision;
  /** The input of the request's decision. */
  input?: Readonly<Record<string, unknown>>;
  /** What the request's decision wants changed in the handler's result. */
  edits?: readonly ResultEdit[];
}

// On the request itself, under a name that both builds of this library share.
const RECORDS = Symbol.for('nestjs-opa:decisions');

type Holder = Record<typeof RECORDS, DecisionRecord[] | undefined>;

/** Finds the record of a request and handler. */
export function findRecord(context: ExecutionContext): DecisionRecord | undefined {
  return holderOf(context)[RECORDS]?.find(
    (record) => record.handler === context.getHandler() && record.controller === context.getClass(),
  );
}

/** Finds the record of a call for a parameter decorator, which elsewhere than on HTTP is given a copy of the arguments. */
export function findRecordForParameter(context: ExecutionContext): DecisionRecord | undefined {
  const args = context.getArgs<unknown[]>();
  const copied = args.map((arg) => (isObject(arg) ? kept.get(arg) : undefined));
  const found = copied.find(
    (one) =>
      one?.record.handler === context.getHandler() &&
      one.record.controller === context.getClass() &&
      one.args.every((arg, index) => arg === args[index]),
  );
  return found?.record ?? findRecord(context);
}

/** Keeps a record with its request. */
export function keepRecord(context: ExecutionContext, record: DecisionRecord): void {
  (holderOf(context)[RECORDS] ??= []).push(record);
  if (context.getType() === 'http') return;
  const args = context.getArgs<unknown[]>();
  for (const arg of args) if (isObject(arg)) kept.set(arg, { args, record });
}

// By every argument, the last call of each: one of them is the call's own on every transport, a connection isn't.
const kept = new WeakMap<object, { readonly args: readonly unknown[]; readonly record: DecisionRecord }>();

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * Gives a call's result to the outermost of nested interceptors: a second one would ask again, and remove other rows.
 *
 * @returns what the request's decision wants changed in it; `undefined` within {@link holdingResult}
 */
export function takeResult(context: ExecutionContext): readonly ResultEdit[] | undefined {
  let record = findRecord(context);
  if (record === undefined) {
    const [handler, controller] = [context.getHandler(), context.getClass()];
    record = { handler, controller, decision: Promise.resolve(undefined) };
    keepRecord(context, record);
  }
  return held.getStore() === record ? undefined : (record.edits ?? []);
}

// Not a mark on the record: an interceptor further out may run the handler again (`retry`), and each run has a result.
const held = new AsyncLocalStorage<DecisionRecord | undefined>();

/** Calls what runs the handler, for the interceptor that has taken its result. */
export function holdingResult<T>(context: ExecutionContext, handle: () => T): T {
  return held.run(findRecord(context), handle);
}

// Elsewhere than on HTTP one connection or request makes many calls, and the arguments are the one thing of its own
// that each has: Nest hands the same list to the guards and the interceptors of a call.
function holderOf(context: ExecutionContext): Holder {
  const holder: unknown =
    context.getType() === 'http' ? context.switchToHttp().getRequest() : context.getArgs<unknown[]>();
  return holder as Holder;
}

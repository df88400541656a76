import type { ExecutionContext } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Decision, MaybePromise } from '../contracts/index.js';
import { findAdapter } from './registry.js';

/** A change of a handler's result: a mask in place of what a path leads to, or, without one, its removal. */
export interface ResultEdit {
  /** The segments of a JSON Pointer; `*` stands for every member. */
  readonly path: readonly string[];
  readonly mask?: unknown;
}

/** An input and its JSON, which stays what it was when the request or its subject is changed in place afterwards. */
export interface DecidedInput {
  readonly value: Readonly<Record<string, unknown>>;
  /** `undefined` when JSON can't hold the input. */
  readonly json: string | undefined;
  /** The module instance that decides: guards of two modules may ask different ones. */
  readonly by: object;
}

/** What the guard knows of a request and a handler; the interceptor and `@OpaDecision` read it. */
export interface DecisionRecord {
  readonly handler: unknown;
  readonly controller: unknown;
  /** Tells the runs of a handler within one request apart: Express runs it again when it calls `next()`. */
  readonly run: unknown;
  /** What the guard says: rejects with the refusal; `undefined` while no guard has asked a policy. */
  verdict: MaybePromise<boolean> | undefined;
  /** The decision, once it is made and was an allow. */
  made: Decision | undefined;
  /** The input of the request's decision. */
  input: DecidedInput | undefined;
  /** What the request's decision wants changed in the handler's result. */
  edits: readonly ResultEdit[];
  /** The record of another handler of the same request. */
  readonly earlier: DecisionRecord | undefined;
}

// On the request itself, under a name that both builds of this library share.
const LATEST = Symbol.for('nestjs-opa:decisions');

type Holder = Record<typeof LATEST, DecisionRecord | undefined>;

const NO_EDITS: readonly ResultEdit[] = [];

/** Begins a new decision in a record: what an earlier one has left there holds no longer. */
export function beginDecision(record: DecisionRecord, input: DecidedInput): void {
  record.verdict = undefined;
  record.made = undefined;
  record.edits = NO_EDITS;
  record.input = input;
}

/** The record's verdict about this input; `undefined` where it has none, and for an input that JSON can't hold. */
export function verdictOn({ verdict, input }: DecisionRecord, { json, by }: DecidedInput): typeof verdict {
  return json !== undefined && json === input?.json && by === input.by ? verdict : undefined;
}

/** The input that was decided about, as it was then; `undefined` where no guard has asked a policy. */
export function findDecidedInput(context: ExecutionContext): DecidedInput['value'] | undefined {
  const input = findRecord(context)?.input;
  if (input?.json === undefined) return input?.value;
  return JSON.parse(input.json) as DecidedInput['value'];
}

/** Finds the record of a request and handler. */
export function findRecord(context: ExecutionContext): DecisionRecord | undefined {
  return recordIn(holderOf(context), context);
}

/** The record of a request and handler, begun and kept with the request when there is none. */
export function recordOf(context: ExecutionContext): DecisionRecord {
  const holder = holderOf(context);
  return recordIn(holder, context) ?? begin(holder, context);
}

/** Finds the record of a call for a parameter decorator, which elsewhere than on HTTP is given a copy of the arguments. */
export function findRecordForParameter(context: ExecutionContext): DecisionRecord | undefined {
  const args = context.getArgs<unknown[]>();
  const copied = args.map((arg) => (isObject(arg) ? kept.get(arg) : undefined));
  const found = copied.find(
    (one) =>
      one !== undefined && isOf(one.record, context) && one.args.every((arg, index) => arg === args[index]),
  );
  return found?.record ?? findRecord(context);
}

function recordIn(holder: Holder, context: ExecutionContext): DecisionRecord | undefined {
  let record = holder[LATEST];
  while (record !== undefined && !isOf(record, context)) record = record.earlier;
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
    made: undefined,
    input: undefined,
    edits: NO_EDITS,
    earlier: holder[LATEST],
  };
  holder[LATEST] = record;
  const args = context.getArgs<unknown[]>();
  if (holder !== (args as unknown)) return record;
  for (const arg of args) if (isObject(arg)) kept.set(arg, { args, record });
  return record;
}

// By every argument, the last call of each: one of them is the call's own on every transport, a connection isn't.
const kept = new WeakMap<object, { readonly args: readonly unknown[]; readonly record: DecisionRecord }>();

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * Gives a call's result to the outermost of nested interceptors: a second one would ask again, and remove other rows.
 *
 * @returns the call's record; `undefined` within {@link holdingResult}
 */
export function takeResult(context: ExecutionContext): DecisionRecord | undefined {
  const record = recordOf(context);
  return held.getStore() === record ? undefined : record;
}

// Not a mark on the record: an interceptor further out may run the handler again (`retry`), and each run has a result.
const held = new AsyncLocalStorage<DecisionRecord | undefined>();

/** Calls what runs the handler, for the interceptor that has taken its result. */
export function holdingResult<T>(context: ExecutionContext, handle: () => T): T {
  return held.run(findRecord(context), handle);
}

function holderOf(context: ExecutionContext): Holder {
  return (findAdapter(context)?.holder(context) ?? context.getArgs<unknown[]>()) as Holder;
}

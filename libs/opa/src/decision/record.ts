import type { ExecutionContext } from '@nestjs/common';
import type { Decision } from '../contracts/index.js';

/** What the guard knows of a request that it has decided; the interceptor and `@OpaDecision` read it. */
export interface DecisionRecord {
  readonly handler: unknown;
  readonly controller: unknown;
  readonly decision: Promise<Decision | undefined>;
  /** The decision, once it is made and was an allow. */
  made?: Decision;
  /** The input of the request's decision. */
  input?: Readonly<Record<string, unknown>>;
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

/** Keeps a record with its request. */
export function keepRecord(context: ExecutionContext, record: DecisionRecord): void {
  (holderOf(context)[RECORDS] ??= []).push(record);
}

// Elsewhere than on HTTP one connection or request makes many calls, and the arguments are the one thing of its own
// that each has: Nest hands the same list to the guards, the interceptors and the parameter decorators of a call.
function holderOf(context: ExecutionContext): Holder {
  const holder: unknown =
    context.getType() === 'http' ? context.switchToHttp().getRequest() : context.getArgs<unknown[]>();
  return holder as Holder;
}

import type { Value } from '../values/index.js';

/** The result of a rule that was evaluated and is undefined. */
export const UNDEFINED: unique symbol = Symbol('undefined');

/** The results of rules that were evaluated already, by the number of their functions. */
export type Memo = (Value | typeof UNDEFINED | undefined)[];

/** The documents that are in force, and the results that hold for them. `with` begins another scope. */
export interface Scope {
  readonly input: Value | undefined;
  readonly data: Value | undefined;
  readonly memo: Memo;
  readonly outer: Scope | undefined;
}

/**
 * The scope for other documents. Where `with` ends inside a rule, OPA puts the documents back by another `with`: the
 * results from before hold again.
 */
export function enter(outer: Scope, input: Value | undefined, data: Value | undefined): Scope {
  for (let scope: Scope | undefined = outer; scope; scope = scope.outer) {
    if (scope.input === input && scope.data === data) return { input, data, memo: scope.memo, outer };
  }
  return { input, data, memo: new Array<undefined>(outer.memo.length), outer };
}

import type { Value } from '../values/index.js';

/** The result of a rule that was evaluated and is undefined. */
export const UNDEFINED: unique symbol = Symbol('undefined');

/** The results of evaluated rules. The index is the number of the rule's function. */
export type Memo = (Value | typeof UNDEFINED | undefined)[];

/** The current documents, and the rule results that are valid for them. `with` opens another scope. */
export interface Scope {
  readonly input: Value | undefined;
  readonly data: Value | undefined;
  readonly memo: Memo;
  readonly outer: Scope | undefined;
}

/**
 * The scope for other documents. When `with` ends inside a rule, OPA restores the documents by another `with`. The
 * earlier results are then valid again.
 */
export function enter(outer: Scope, input: Value | undefined, data: Value | undefined): Scope {
  for (let scope: Scope | undefined = outer; scope; scope = scope.outer) {
    if (scope.input === input && scope.data === data) return { input, data, memo: scope.memo, outer };
  }
  return { input, data, memo: new Array<undefined>(outer.memo.length), outer };
}

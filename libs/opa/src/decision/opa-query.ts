import type { CancelSignal } from '../contracts/index.js';

/** A question to {@link OpaService}. */
export interface OpaQuery {
  /** The policy path, `a/b/c` under `data`. Default: the module's `policy`. */
  readonly policy?: string | undefined;
  /** What the policy sees as `input`. */
  readonly input: unknown;
  /**
   * What `input` describes: a request, or the result of one, which may be larger (option `input.maxResponseBytes`).
   * Default: `'request'`.
   */
  readonly phase?: 'request' | 'response' | undefined;
  /** Cancels the decision. */
  readonly signal?: CancelSignal | undefined;
  /** The time for the whole decision, in milliseconds. Default: the module's `timeout`. */
  readonly timeout?: number | undefined;
  /** `'permissive'` for this question alone; a module that is permissive or disabled stays so. */
  readonly mode?: 'enforce' | 'permissive' | undefined;
}

/** A question whose input has been written as JSON already; the engine needn't write it again. */
export interface SerializedQuery extends OpaQuery {
  readonly json?: string | undefined;
}

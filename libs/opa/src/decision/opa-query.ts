import type { CancelSignal, OpaDecisionOrigin } from '../contracts/index.js';

/**
 * A query to {@link OpaService}: which policy decides, about which input.
 *
 * @example
 * ```ts
 * import type { OpaQuery } from 'nestjs-opa';
 *
 * const query: OpaQuery = { policy: 'orders/read', input: { subject: { id: 'ann' } }, timeout: 200 };
 * ```
 */
export interface OpaQuery {
  /** The policy path, `a/b/c` under `data`. Default: the module's `policy`. */
  readonly policy?: string | undefined;
  /** What the policy sees as `input`. */
  readonly input: unknown;
  /**
   * What `input` describes: a request, or the result of a request. It selects the limit of the input's size: option
   * `input.maxBytes` or `input.maxResponseBytes`. Default: `'request'`.
   */
  readonly phase?: 'request' | 'response' | undefined;
  /** Cancels the decision. */
  readonly signal?: CancelSignal | undefined;
  /** The time for the whole decision, in milliseconds. Default: the module's `timeout`. */
  readonly timeout?: number | undefined;
  /** `'permissive'` makes this query permissive. `'enforce'` does not override a permissive or disabled module. */
  readonly mode?: 'enforce' | 'permissive' | undefined;
  /**
   * What the decision is about, for decision events; its trace context goes to OPA. The guard, the interceptor and the MCP
   * gateway set it. Default: the application's own code asks.
   */
  readonly origin?: OpaDecisionOrigin | undefined;
}

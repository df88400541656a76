/** What the policy said: `unavailable` stands for no answer, and only together with {@link Decision.degraded}. */
export type DecisionOutcome = 'allow' | 'deny' | 'undefined' | 'unavailable';

/**
 * Why a decision isn't simply the engine's own answer.
 *
 * - `fail-open`: OPA wasn't available, and `onUnavailable: 'allow'` let the request through.
 * - `stale`: OPA wasn't available; this is the last cached decision.
 * - `bundle`: OPA wasn't available; the embedded bundle decided.
 * - `permissive`: mode `permissive` let through what the outcome would have stopped.
 */
export type Degradation = 'fail-open' | 'stale' | 'bundle' | 'permissive';

/** Something that must be done along with a decision. */
export interface Obligation {
  /** The obligation's own id, when the policy gives one. */
  readonly id?: string | undefined;
  /** What is to be done, such as `mask`. */
  readonly type: string;
  /** What it takes to do it. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** Why the policy's entry isn't an obligation that anybody could carry out, when it isn't one. */
  readonly malformed?: string | undefined;
}

/** Header values by lower-case name; a list stands for several headers of that name. */
export type HeaderValues = Readonly<Record<string, string | readonly string[]>>;

/**
 * A decision about one request.
 *
 * @typeParam T - the policy's own document
 */
export interface Decision<T = unknown> {
  readonly outcome: DecisionOutcome;
  /** What is enforced; `true` lets the request through. */
  readonly allowed: boolean;
  /** The policy's own document, as it came. */
  readonly result: T | undefined;
  /** Why, in the policy's words; empty when it gives none. */
  readonly reasons: readonly string[];
  readonly obligations: readonly Obligation[];
  /** Set on the request that the handler and upstream see (allow), or on the answer to the client (deny). */
  readonly headers?: HeaderValues | undefined;
  /** Set on the answer to the client of an allowed request (the policy's `response_headers_to_add`). */
  readonly responseHeaders?: HeaderValues | undefined;
  /** Taken out of the request that the handler and upstream see (the policy's `request_headers_to_remove`). */
  readonly removeHeaders?: readonly string[] | undefined;
  /** The HTTP status of a denial, 300–599. Default: 403. */
  readonly status?: number | undefined;
  /** The body of a denial, instead of the usual one. */
  readonly body?: unknown;
  /** OPA's `decision_id`; there only when OPA logs its decisions. */
  readonly id?: string | undefined;
  /** The policy path that was asked. */
  readonly policy: string;
  /** Which engine decided: `remote`, `embedded`, `disabled`, or a name of the user's own. */
  readonly engine: string;
  /** The revision of the bundle that decided, when it is known: the embedded engine knows it. */
  readonly revision?: string | undefined;
  readonly cached: boolean;
  readonly degraded?: Degradation | undefined;
  /**
   * How a refusal is enforced: `stop` ends the request, `pass` (mode `permissive`) only reports the refusal. Refusals are
   * denials, failed decisions, and obligations that cannot be carried out.
   *
   * @defaultValue `'stop'`
   */
  readonly enforced?: 'pass' | 'stop' | undefined;
  /** How long the decision took, in milliseconds. */
  readonly durationMs: number;
}

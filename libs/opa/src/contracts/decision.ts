/** What the policy decided. `unavailable` means that OPA was unavailable; then {@link Decision.degraded} is set. */
export type DecisionOutcome = 'allow' | 'deny' | 'undefined' | 'unavailable';

/**
 * What replaced the engine's result.
 *
 * - `fail-open`: OPA wasn't available, and `onUnavailable: 'allow'` let the request through.
 * - `stale`: OPA wasn't available; this is the last cached decision.
 * - `bundle`: OPA wasn't available; the embedded bundle decided.
 * - `permissive`: the policy did not allow the request, but mode `permissive` let it through.
 */
export type Degradation = 'fail-open' | 'stale' | 'bundle' | 'permissive';

/** An action that the application must carry out together with a decision, such as masking a field. */
export interface Obligation {
  /** The id that the policy gives the obligation. */
  readonly id?: string | undefined;
  /** The kind of action, such as `mask`. */
  readonly type: string;
  /** The parameters of the action, such as the `fields` to mask. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** What is wrong with the policy's entry, when no handler could carry it out. */
  readonly malformed?: string | undefined;
}

/** Header values by lower-case name. A list sets several headers of the same name. */
export type HeaderValues = Readonly<Record<string, string | readonly string[]>>;

/**
 * A decision about one request.
 *
 * @typeParam T - the type of the policy's document
 */
export interface Decision<T = unknown> {
  /** What the policy decided. */
  readonly outcome: DecisionOutcome;
  /** Whether the request passes. Mode, fallbacks and fail-open are already applied. */
  readonly allowed: boolean;
  /** The policy's document, unchanged. */
  readonly result: T | undefined;
  /** The policy's reasons. Empty when the policy gives none. */
  readonly reasons: readonly string[];
  /** The actions that must be carried out. Empty when the policy gives none. */
  readonly obligations: readonly Obligation[];
  /** Headers set on the request to the handler or upstream (allow), or on the response to the client (deny). */
  readonly headers?: HeaderValues | undefined;
  /** Headers set on the response to an allowed request (the policy's `response_headers_to_add`). */
  readonly responseHeaders?: HeaderValues | undefined;
  /** Headers removed from the request to the handler or upstream (the policy's `request_headers_to_remove`). */
  readonly removeHeaders?: readonly string[] | undefined;
  /** The HTTP status of a denial, 300–599. Default: 403. */
  readonly status?: number | undefined;
  /** The body of the response to a denied request. Default: a JSON object with status, message and reasons. */
  readonly body?: unknown;
  /** OPA's `decision_id`. OPA gives an id only when OPA logs its decisions. */
  readonly id?: string | undefined;
  /** The policy path that decided. */
  readonly policy: string;
  /** Which engine decided: `remote`, `embedded`, `disabled`, or the name of the user's engine. */
  readonly engine: string;
  /** The revision of the bundle that decided. Only the embedded engine knows the revision. */
  readonly revision?: string | undefined;
  /** Whether the result comes from the cache. */
  readonly cached: boolean;
  /** What replaced the engine's result, when that result was not used unchanged. */
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

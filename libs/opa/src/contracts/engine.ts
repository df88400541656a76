import type { CancelSignal } from './cancel-signal.js';
import type { MaybePromise } from './maybe-promise.js';

/** A question to a policy engine. */
export interface Query {
  /** The policy path under `data`, as `a/b/c`; valid by `assertPolicyPath`. */
  readonly policy: string;
  /** What the policy sees as `input`: anything that JSON can hold. */
  readonly input: unknown;
  /** The input as `inputJson` writes it, which `OpaService` always gives: the engine needn't write it again. */
  readonly json?: string | undefined;
}

/** What bounds one evaluation. */
export interface EvaluateOptions {
  /** When the answer is due, in milliseconds on the clock of `performance.now()`. */
  readonly deadline: number;
  /** Cancels the evaluation; it then rejects with `OPA_ABORTED`. An engine given as option `engine` gets an `AbortSignal`. */
  readonly signal?: CancelSignal | undefined;
}

/** A warning that OPA put beside an answer, such as `api_usage_warning`. */
export interface OpaWarning {
  readonly code: string;
  readonly message: string;
}

/** An engine's answer: the document that the policy gives for the input. */
export interface EngineAnswer {
  /** The document; `undefined` when the policy is undefined for this input. `false`, `0`, `""`, `{}` and `null` are documents. */
  readonly result?: unknown;
  /** OPA's `decision_id`; there only when OPA logs its decisions. */
  readonly id?: string | undefined;
  /** Which engine answered, when it isn't the one that was asked (a fallback). */
  readonly engine?: string | undefined;
  /** The revision of the bundle that answered, when it is known. */
  readonly revision?: string | undefined;
  /** The answer comes from a cache. Default: `false`. */
  readonly cached?: boolean | undefined;
  /** The engine that was asked failed, and this answer stands in for its own. */
  readonly degraded?: 'stale' | 'bundle' | undefined;
  /** What OPA said about the call itself. */
  readonly warning?: OpaWarning | undefined;
  /** Where the policy came from (OPA's `provenance`), when it was asked for. */
  readonly provenance?: unknown;
  /** Where the time went (OPA's `metrics`), when it was asked for. */
  readonly metrics?: unknown;
}

/**
 * Something that can answer a policy question: a remote OPA, a bundle in the process, a table in a test,
 * or a wrapper around one of them.
 */
export interface PolicyEngine {
  /** A short name for decisions and logs, such as `remote`. */
  readonly name: string;

  /**
   * Evaluates a policy.
   *
   * @throws OpaError always, and nothing else, when there is no answer.
   */
  evaluate(query: Query, options: EvaluateOptions): Promise<EngineAnswer>;

  /**
   * As {@link PolicyEngine.evaluate}, but gives the answer itself where there is nothing to wait for, and may throw.
   *
   * @internal An engine of the user's own always gives a promise, which can be held to the deadline.
   */
  evaluateNow?(query: Query, options: EvaluateOptions): MaybePromise<EngineAnswer>;

  /**
   * Resolves when the engine can answer; rejects with an {@link OpaError} that says why it can't.
   * An engine without it is always ready.
   */
  ready?(signal?: AbortSignal): Promise<void>;

  /**
   * Tells whether a policy path leads to a rule or package, whatever the input. An engine without it, or that gives
   * `undefined`, can't tell.
   *
   * @throws OpaError when it can't be asked
   */
  defines?(policy: string, options: EvaluateOptions): Promise<boolean | undefined>;

  /** Lets go of what the engine holds. */
  close?(): Promise<void> | void;
}

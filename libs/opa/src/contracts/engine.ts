import type { CancelSignal } from './cancel-signal.js';

/** What an engine evaluates: a policy, for an input. */
export interface Query {
  /** The policy path under `data`, as `a/b/c`; valid by `assertPolicyPath`. */
  readonly policy: string;
  /** What the policy sees as `input`: anything that JSON can hold. */
  readonly input: unknown;
  /** The input as JSON. `OpaService` always gives the JSON, so that no engine has to write the input again. */
  readonly json?: string | undefined;
}

/** What bounds one evaluation. */
export interface EvaluateOptions {
  /** When the answer is due, in milliseconds on the clock of `performance.now()`. */
  readonly deadline: number;
  /**
   * Cancels the evaluation, which then rejects with `OPA_ABORTED`. An engine of option `engine` gets an `AbortSignal`.
   */
  readonly signal?: CancelSignal | undefined;
}

/** A warning that OPA put beside an answer, such as `api_usage_warning`. */
export interface OpaWarning {
  readonly code: string;
  readonly message: string;
}

/** An engine's answer: the document that the policy gives for the input. */
export interface EngineAnswer {
  /**
   * The document; `undefined` when the policy is undefined for this input. `false`, `0`, `""`, `{}` and `null` are
   * documents.
   */
  readonly result?: unknown;
  /** OPA's `decision_id`. OPA gives one only when it logs its decisions. */
  readonly id?: string | undefined;
  /** Which engine answered, where a fallback answered for the engine that was asked. */
  readonly engine?: string | undefined;
  /** The revision of the bundle that answered, when the engine knows the revision. */
  readonly revision?: string | undefined;
  /** The answer comes from a cache. Default: `false`. */
  readonly cached?: boolean | undefined;
  /** The engine that was asked failed, and this answer replaces the engine's own. */
  readonly degraded?: 'stale' | 'bundle' | undefined;
  /** What OPA said about the call itself. */
  readonly warning?: OpaWarning | undefined;
  /** Where the policy came from (OPA's `provenance`), when the caller asked OPA for it. */
  readonly provenance?: unknown;
  /** Where the time went (OPA's `metrics`), when the caller asked OPA for them. */
  readonly metrics?: unknown;
}

/** Something that evaluates policies: a remote OPA, a bundle in the process, a table in a test, or a wrapper of these. */
export interface PolicyEngine {
  /** A short name for decisions and logs, such as `remote`. */
  readonly name: string;

  /**
   * Evaluates a policy.
   *
   * @throws OpaError always, and nothing else, when there is no answer
   */
  evaluate(query: Query, options: EvaluateOptions): Promise<EngineAnswer>;

  /**
   * Resolves when the engine can answer, and rejects with an {@link OpaError} that says why the engine can't.
   * An engine without this method is always ready.
   */
  ready?(signal?: AbortSignal): Promise<void>;

  /**
   * Tells whether a policy path leads to a rule or package, whatever the input. An engine that can't tell gives
   * `undefined`, or has no such method.
   *
   * @throws OpaError when the engine can't be asked
   */
  defines?(policy: string, options: EvaluateOptions): Promise<boolean | undefined>;

  /** Releases what the engine holds. */
  close?(): Promise<void> | void;
}

import type { CancelSignal } from './cancel-signal.js';
import type { TraceHeaders } from './trace-headers.js';

/** What an engine evaluates: a policy, for an input. */
export interface Query {
  /** The policy path under `data`, as `a/b/c`; valid by `assertPolicyPath`. */
  readonly policy: string;
  /** What the policy sees as `input`: anything that JSON can hold. */
  readonly input: unknown;
  /** The input as JSON. `OpaService` always gives the JSON, so that no engine has to write the input again. */
  readonly json?: string | undefined;
}

/** How long one request to OPA was in each phase, in milliseconds. */
export type PhaseMilliseconds = Readonly<
  Record<'credential' | 'interceptors' | 'adapter' | 'queue' | 'connect' | 'opa', number>
>;

/** The trace of one evaluation. */
export interface EvaluationTrace {
  /** The trace context that OPA gets. */
  readonly traceHeaders?: TraceHeaders | undefined;
  /** Takes the times of one request to OPA. An evaluation may make several requests. */
  addTimings?(spent: PhaseMilliseconds): void;
}

/** The deadline and the cancellation of one evaluation. */
export interface EvaluateOptions {
  /** When the evaluation must end, in milliseconds on the clock of `performance.now()`. */
  readonly deadline: number;
  /**
   * Cancels the evaluation, which then rejects with `OPA_ABORTED`. An engine of option `engine` gets an `AbortSignal`.
   */
  readonly signal?: CancelSignal | undefined;
  /** What an engine passes on to OPA for tracing. */
  readonly trace?: EvaluationTrace | undefined;
}

/** A warning in OPA's response, such as `api_usage_warning`. */
export interface OpaWarning {
  /** OPA's name for the warning. */
  readonly code: string;
  /** OPA's explanation. */
  readonly message: string;
}

/** The result of an engine: the document that the policy returns for the input. */
export interface EngineAnswer {
  /**
   * The document; `undefined` when the policy is undefined for this input. `false`, `0`, `""`, `{}` and `null` are
   * documents.
   */
  readonly result?: unknown;
  /** OPA's `decision_id`. OPA gives one only when it logs its decisions. */
  readonly id?: string | undefined;
  /** The name of the fallback engine, when a fallback was used. */
  readonly engine?: string | undefined;
  /** The revision of the bundle, when the engine knows it. */
  readonly revision?: string | undefined;
  /** The result comes from a cache. Default: `false`. */
  readonly cached?: boolean | undefined;
  /** The fallback that was used when the engine failed: an old cache entry or the bundle. */
  readonly degraded?: 'stale' | 'bundle' | undefined;
  /** The warning in OPA's response. */
  readonly warning?: OpaWarning | undefined;
  /** Where the policy came from (OPA's `provenance`), when the caller requested it. */
  readonly provenance?: unknown;
  /** Where the time went (OPA's `metrics`), when the caller requested them. */
  readonly metrics?: unknown;
}

/**
 * Evaluates policies. The library has a remote OPA, an embedded bundle and a table for tests; option `engine` takes
 * yours.
 *
 * @example
 * ```ts
 * import { OpaModule } from 'nestjs-opa';
 * import type { PolicyEngine } from 'nestjs-opa';
 *
 * const engine: PolicyEngine = {
 *   name: 'office-hours',
 *   evaluate: async () => ({ result: new Date().getHours() >= 8 }),
 * };
 * OpaModule.forRoot({ engine });
 * ```
 */
export interface PolicyEngine {
  /** A short name for decisions and logs, such as `remote`. */
  readonly name: string;

  /**
   * Evaluates a policy.
   *
   * @throws OpaError when the evaluation fails. Any other error becomes `OPA_POLICY_ERROR`.
   */
  evaluate(query: Query, options: EvaluateOptions): Promise<EngineAnswer>;

  /**
   * Resolves when the engine is ready. Rejects with an {@link OpaError} that says why the engine is not ready.
   * An engine without this method is always ready.
   */
  ready?(signal?: AbortSignal): Promise<void>;

  /**
   * Tells whether a rule or package exists at a policy path, whatever the input. An engine that can't tell returns
   * `undefined`, or has no such method.
   *
   * @throws OpaError when the engine fails
   */
  defines?(policy: string, options: EvaluateOptions): Promise<boolean | undefined>;

  /** Releases what the engine holds. */
  close?(): Promise<void> | void;
}

import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import type { ContextKind } from './context-kind.js';
import type { Decision, Degradation, Obligation } from './decision.js';
import type { EnforcementPointName, McpTarget } from './decision-origin.js';
import type { OpaError, OpaErrorCode } from './opa-error.js';
import type { TraceHeaders } from './trace-headers.js';

/** How long a decision was in each phase, in milliseconds. Only requests to a remote OPA have phases. */
export interface DecisionTimings {
  /** The wait for this client's own token or TLS files. */
  readonly credential: number;
  /** In axios interceptors and in the application's axios adapter. */
  readonly axios: number;
  /** The wait for a socket of the pool. */
  readonly queue: number;
  /** The wait for the connection. */
  readonly connect: number;
  /** OPA had the request. */
  readonly opa: number;
}

/** Who asked, as far as the input says it. */
export interface DecisionSubject {
  readonly id?: string | undefined;
  readonly type?: string | undefined;
}

/**
 * One decision, or one failure to make a decision. The channel `opa.decision` and methods with `@OnOpaDecision()` get it.
 *
 * @remarks `input`, `result` and `obligations` are the objects of the decision itself, not copies. A listener must neither
 * change them nor read them later: the application may change them.
 */
export interface OpaDecisionEvent {
  /** OPA's `decision_id`; a random UUID when OPA gave none. */
  readonly decisionId: string;
  /** The name of the module instance; `''` for the unnamed one. */
  readonly instance: string;
  /** The policy path. */
  readonly policy: string;
  /** When the decision began, in milliseconds since 1970. */
  readonly timestamp: number;
  /** Whether the decision is made, or has failed. Before, the event has no outcome of its own. */
  readonly isDone: boolean;
  /** Whether the decision needed a promise. */
  readonly isAsync: boolean;
  /** How long the decision took, in milliseconds; 0 until it is made. */
  readonly durationMs: number;
  /** Where `durationMs` went; `undefined` when no remote OPA was asked. */
  readonly timings?: DecisionTimings | undefined;
  /** What the policy decided. `error`: there is no decision, and `errorCode` says why. */
  readonly outcome: Decision['outcome'] | 'error';
  /** What happened: the request could go on (`pass`), or was refused (`stop`). Mode, fallbacks and fail-open are applied. */
  readonly enforced: 'pass' | 'stop';
  /** The engine that decided, as in {@link Decision}. */
  readonly engine: string;
  /** The revision of the bundle that decided, when the engine knows it. */
  readonly revision?: string | undefined;
  readonly cached: boolean;
  readonly degraded?: Degradation | undefined;
  readonly reasons: readonly string[];
  readonly obligations: readonly Obligation[];
  /** Why there is no decision, or why a fallback replaced the decision. */
  readonly errorCode?: OpaErrorCode | undefined;
  /** The error of `errorCode`. */
  readonly error?: OpaError | undefined;
  readonly subject: DecisionSubject;
  /** Which part of the library asked. */
  readonly point: EnforcementPointName;
  /** Whether the decision is about a request, or about the result of a request. */
  readonly phase: 'request' | 'response';
  /** The kind of the execution context; `undefined` where the application's own code asked. */
  readonly kind?: ContextKind | undefined;
  /** The route's template or the handler's name, as in {@link OpaDecisionOrigin}. */
  readonly route?: string | undefined;
  readonly mcp?: McpTarget | undefined;
  /** The trace that the decision belongs to; `undefined` without one. */
  readonly traceId?: string | undefined;
  /** The span of the decision, else the caller's span. */
  readonly spanId?: string | undefined;
  /** The trace context of the caller, before any tracer of this process. */
  readonly traceHeaders?: TraceHeaders | undefined;
  /** Sets `traceId` and `spanId`. A tracer that makes a span for the decision calls the method at `start`. */
  setSpan(span: { readonly traceId: string; readonly spanId: string }): void;
  readonly requestId?: string | undefined;
  /** What the policy saw as `input`. */
  readonly input: unknown;
  /** The same as JSON, exactly as the engine got it. The first read may serialize the input. */
  readonly inputJson: string | undefined;
  /** The policy's document; `undefined` when the policy is undefined or there is no decision. */
  readonly result: unknown;
}

/**
 * The channel of decisions, with Node's order: `start` and `end` around the synchronous part; `asyncStart` and `asyncEnd`
 * when the decision needed a promise; `error` before them when there is no decision.
 */
export const decisionChannel = tracingChannel<unknown, OpaDecisionEvent>('opa.decision');

/**
 * Calls a function for every decision of this process, once it is made or has failed.
 *
 * @param listener - must not throw: Node reports the error as an uncaught exception, which ends the process
 * @returns a function that ends the subscription
 * @example
 * ```ts
 * import { onOpaDecision } from 'nestjs-opa';
 *
 * const stop = onOpaDecision(({ policy, outcome, durationMs }) => console.log(policy, outcome, durationMs));
 * stop();
 * ```
 */
export function onOpaDecision(listener: (event: OpaDecisionEvent) => void): () => void {
  const done = (event: unknown): void => {
    if ((event as OpaDecisionEvent).isDone) listener(event as OpaDecisionEvent);
  };
  // A decision that needed a promise is done only at `asyncEnd`.
  const synchronous = (event: unknown): void => {
    if (!(event as OpaDecisionEvent).isAsync) done(event);
  };
  const { end, asyncEnd } = decisionChannel;
  subscribe(end.name, synchronous);
  subscribe(asyncEnd.name, done);
  return () => {
    unsubscribe(end.name, synchronous);
    unsubscribe(asyncEnd.name, done);
  };
}

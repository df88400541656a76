import { randomUUID } from 'node:crypto';
import type {
  Decision,
  DecisionSubject,
  DecisionTimings,
  EnforcementPointName,
  EvaluationTrace,
  InputSnapshot,
  OpaDecisionEvent,
  OpaDecisionOrigin,
  OpaError,
  PhaseMilliseconds,
} from '../contracts/index.js';
import { opaErrorOf, spanOf } from '../contracts/index.js';
import { subjectOf } from './subject.js';

/** What a decision is about, when it begins. */
export interface DecisionStart {
  readonly policy: string;
  /** When the decision began, on the clock of `performance.now()`. */
  readonly begin: number;
  readonly input: unknown;
  readonly phase?: 'request' | 'response' | undefined;
  readonly origin?: OpaDecisionOrigin | undefined;
  /** Replaces the point of the origin. */
  readonly point?: EnforcementPointName | undefined;
}

const NONE: readonly never[] = [];

/** The event of one decision while it is made. Every member that costs something is a getter. */
export class DecisionRecording implements OpaDecisionEvent, EvaluationTrace {
  readonly timestamp = Date.now();
  isAsync = false;
  isDone = false;
  durationMs = 0;
  timings: DecisionTimings | undefined;
  error: OpaError | undefined;
  input: unknown;
  private snapshot: InputSnapshot | undefined;
  private decision: Decision | undefined;
  private id: string | undefined;
  private span: { readonly traceId: string; readonly spanId: string } | undefined;

  constructor(
    readonly instance: string,
    private readonly defaultEngine: string,
    private readonly start: DecisionStart,
  ) {
    this.input = start.input;
  }

  /** Stores the input that the engine gets. */
  evaluates(input: unknown, snapshot: InputSnapshot): void {
    this.input = input;
    this.snapshot = snapshot;
  }

  /** Stores the decision. A failure before it is the reason why a fallback decided. */
  decided(decision: Decision, failure?: OpaError): void {
    this.decision = decision;
    this.error = failure;
  }

  /** Stores why there is no decision. */
  failed(error: unknown): void {
    this.decision = undefined;
    this.error = opaErrorOf(error);
  }

  /** Ends the recording. */
  end(): void {
    this.isDone = true;
    this.durationMs = performance.now() - this.start.begin;
  }

  /** Sets the span that a tracer has made for the decision. */
  setSpan(span: { readonly traceId: string; readonly spanId: string }): void {
    this.span = span;
  }

  addTimings({ credential, interceptors, adapter, queue, connect, opa }: PhaseMilliseconds): void {
    const before = this.timings;
    this.timings = {
      credential: credential + (before?.credential ?? 0),
      axios: interceptors + adapter + (before?.axios ?? 0),
      queue: queue + (before?.queue ?? 0),
      connect: connect + (before?.connect ?? 0),
      opa: opa + (before?.opa ?? 0),
    };
  }

  get decisionId(): string {
    return this.decision?.id ?? (this.id ??= randomUUID());
  }

  get policy(): string {
    return this.start.policy;
  }

  get outcome(): OpaDecisionEvent['outcome'] {
    return this.decision?.outcome ?? 'error';
  }

  get enforced(): 'pass' | 'stop' {
    return this.decision?.allowed === true ? 'pass' : 'stop';
  }

  get engine(): string {
    return this.decision?.engine ?? this.defaultEngine;
  }

  get revision(): string | undefined {
    return this.decision?.revision;
  }

  get cached(): boolean {
    return this.decision?.cached ?? false;
  }

  get degraded(): Decision['degraded'] {
    return this.decision?.degraded;
  }

  get reasons(): readonly string[] {
    return this.decision?.reasons ?? NONE;
  }

  get obligations(): Decision['obligations'] {
    return this.decision?.obligations ?? NONE;
  }

  get errorCode(): OpaDecisionEvent['errorCode'] {
    return this.error?.code;
  }

  get subject(): DecisionSubject {
    return subjectOf(this.input);
  }

  get point(): OpaDecisionEvent['point'] {
    return this.start.point ?? this.start.origin?.point ?? 'code';
  }

  get phase(): 'request' | 'response' {
    return this.start.phase ?? 'request';
  }

  get kind(): OpaDecisionEvent['kind'] {
    return this.start.origin?.kind;
  }

  get route(): string | undefined {
    return this.start.origin?.route;
  }

  get mcp(): OpaDecisionEvent['mcp'] {
    return this.start.origin?.mcp;
  }

  get traceHeaders(): EvaluationTrace['traceHeaders'] {
    return this.start.origin?.traceHeaders;
  }

  get traceId(): string | undefined {
    return this.spanIds?.traceId;
  }

  get spanId(): string | undefined {
    return this.spanIds?.spanId;
  }

  get requestId(): string | undefined {
    return this.start.origin?.requestId;
  }

  get inputJson(): string | undefined {
    const json = this.snapshot?.json;
    return json === '' ? undefined : json;
  }

  get result(): unknown {
    return this.decision?.result;
  }

  private get spanIds(): { readonly traceId: string; readonly spanId: string } | undefined {
    return this.span ?? spanOf(this.traceHeaders ?? {});
  }
}

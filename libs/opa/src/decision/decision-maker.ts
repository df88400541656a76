import { Logger } from '@nestjs/common';
import type {
  Decision,
  EnforcementPointName,
  EngineAnswer,
  Evaluate,
  InputSnapshot,
  MaybePromise,
  OpaError,
} from '../contracts/index.js';
import { andThen, evaluateBy, opaErrorOf, orElse, snapshotsFor } from '../contracts/index.js';
import type { DecisionListeners, DecisionRecording } from '../observability/index.js';
import { DecisionEvents } from '../observability/index.js';
import { engineQueryOf, policyOf } from './engine-query.js';
import { failureOf } from './failure-log.js';
import type { OpaQuery } from './opa-query.js';
import type { WouldDeny } from './permissive-report.js';
import { PermissiveReport } from './permissive-report.js';
import { decisionOf } from './read-decision.js';
import type { OpaServiceSettings } from './service-settings.js';
import type { OpaStats } from './stats.js';
import { DecisionCounter, InFlightDecisions } from './stats.js';
import {
  degradationOf,
  listDecision,
  passedDenial,
  passedFailure,
  syntheticDecision,
} from './synthetic-decision.js';
import { UndefinedPolicies } from './undefined-policies.js';

/** One decision from its begin. */
export interface Attempt {
  readonly policy: string;
  /** When the decision began, in milliseconds on the clock of `performance.now()`. */
  readonly begin: number;
  readonly permissive: boolean;
  /** The decision's event; `undefined` when nobody listens. */
  readonly recording: DecisionRecording | undefined;
}

/** A request that is refused before a policy is asked. */
export type RefusedQuery = Pick<OpaQuery, 'policy' | 'phase' | 'origin' | 'mode'>;

/** Makes the decisions of one module instance: asks the engine, applies the mode, counts, reports and publishes. */
export class DecisionMaker {
  /** Makes the snapshot of an input, in the form that costs the engine least. */
  readonly snapshotOf: (input: unknown) => InputSnapshot;
  private readonly logger = new Logger('OpaService');
  private readonly counter: DecisionCounter;
  private readonly inFlight: InFlightDecisions;
  private readonly events: DecisionEvents;
  private readonly evaluateByEngine: Evaluate;
  private readonly undefinedPolicies = new UndefinedPolicies();
  private readonly wouldDeny = new PermissiveReport();

  constructor(private readonly settings: OpaServiceSettings) {
    this.counter = new DecisionCounter(settings.snapshot);
    this.inFlight = settings.inFlight ?? new InFlightDecisions();
    this.events = settings.events ?? new DecisionEvents('', settings.engine.name);
    this.evaluateByEngine = evaluateBy(settings.engine);
    this.snapshotOf = snapshotsFor(settings.engine);
  }

  /** The functions that listen to the decisions. */
  get listeners(): DecisionListeners {
    return this.events.listeners;
  }

  /**
   * Makes a decision, without a promise when the engine needs none. In that case the method may throw.
   *
   * @param snapshot - the snapshot of the input, if the caller has made it already
   */
  decide(query: OpaQuery, snapshot?: InputSnapshot): MaybePromise<Decision> {
    const attempt = this.begin(query);
    return this.observed(attempt, () => {
      if (this.settings.mode === 'disabled')
        return this.made(syntheticDecision(attempt.policy, 'disabled', 'allow', 0), attempt);
      const decision = orElse(
        () =>
          andThen(this.evaluateNow(query, attempt, snapshot), (answer) => this.decisionOf(answer, attempt)),
        (error) => this.failed(error, attempt),
      );
      return this.inFlight.track(decision);
    });
  }

  /** Gives a policy's document. It is no decision, so that nothing is counted or published. */
  evaluate(query: OpaQuery): MaybePromise<EngineAnswer> {
    const attempt = { ...this.begin(query), recording: undefined };
    return this.inFlight.track(this.evaluateNow(query, attempt));
  }

  /**
   * Publishes the event of a request that was refused before the service was asked.
   *
   * @param refusal - the denial, or the error that prevented the decision. With the error, a permissive request passes.
   */
  refused(
    { policy = '', phase, origin, mode }: RefusedQuery,
    refusal: { readonly decision: Decision } | { readonly error: OpaError },
  ): void {
    const start = { policy, begin: performance.now(), input: undefined, phase, origin };
    if ('decision' in refusal) return this.events.refused(start, refusal.decision);
    const permissive = this.settings.mode === 'permissive' || mode === 'permissive';
    const passed = permissive ? passedFailure(policy, this.settings.engine.name, 0, 'permissive') : undefined;
    this.events.refused(start, passed, refusal.error);
  }

  /** Counts decisions. */
  stats(): OpaStats {
    return this.counter.snapshot();
  }

  /** Lists the refusals that mode `permissive` let through. */
  permissiveReport(): readonly WouldDeny[] {
    return this.wouldDeny.list();
  }

  /**
   * Adds a refusal to the permissive report, and logs the refusal.
   */
  reportWouldDeny(policy: string, outcome: 'deny' | 'undefined', reasons: readonly string[]): void {
    this.wouldDeny.add(policy, outcome, reasons);
    this.logger.warn(`Permissive: the policy "${policy}" would have stopped a request (${outcome}).`);
  }

  /**
   * Begins a decision.
   *
   * @throws OpaError `OPA_BAD_OPTIONS` when no policy is named, or the path or the timeout is not valid
   */
  begin(query: OpaQuery, point?: EnforcementPointName): Attempt {
    const begin = performance.now();
    const permissive = this.settings.mode === 'permissive' || query.mode === 'permissive';
    const policy = policyOf(query, this.settings.policy);
    const { input, phase, origin } = query;
    const recording = this.events.begin({ policy, begin, input, phase, origin, point });
    return { policy, begin, permissive, recording };
  }

  /** Does the work of a decision, and publishes its event when something listens. */
  observed<T>({ recording }: Attempt, make: () => MaybePromise<T>): MaybePromise<T> {
    return recording === undefined ? make() : this.events.observe(recording, make);
  }

  private evaluateNow(query: OpaQuery, attempt: Attempt, made?: InputSnapshot): MaybePromise<EngineAnswer> {
    const { timeout, inputLimits } = this.settings;
    this.inFlight.assertOpen();
    const { begin, recording } = attempt;
    const trace = recording ?? query.origin;
    const options = { deadline: begin + (query.timeout ?? timeout), signal: query.signal, trace };
    const snapshot = made ?? this.snapshotOf(query.input);
    recording?.evaluates(query.input, snapshot);
    return this.evaluateByEngine(engineQueryOf(attempt.policy, query, snapshot, inputLimits), options);
  }

  /** Evaluates a policy about a list of items. The evaluation counts as a decision; the caller reads the document. */
  async evaluateList(query: OpaQuery, list: Attempt): Promise<EngineAnswer> {
    const attempt = { ...list, begin: performance.now() };
    const answer = await this.inFlight.track(this.evaluateNow(query, attempt));
    const { policy, begin } = attempt;
    if (answer.result === undefined) this.undefinedPolicies.warn(policy);
    const { engine = this.settings.engine.name } = answer;
    this.made(listDecision(answer, policy, engine, performance.now() - begin), attempt);
    return answer;
  }

  private decisionOf(answer: EngineAnswer, attempt: Attempt): Decision {
    const { policy, begin, permissive } = attempt;
    const engine = answer.engine ?? this.settings.engine.name;
    const decision = decisionOf(answer, policy, engine, performance.now() - begin);
    if (decision.outcome === 'undefined') this.undefinedPolicies.warn(policy);
    return this.made(permissive ? this.permissive(decision) : decision, attempt);
  }

  private made(decision: Decision, { recording }: Attempt, failure?: OpaError): Decision {
    recording?.decided(decision, failure);
    return this.counter.count(decision);
  }

  /** Makes a decision permissive: a denial passes. No other place does this. */
  private permissive(decision: Decision): Decision {
    const { allowed, outcome, policy, reasons } = decision;
    if (allowed) return { ...decision, enforced: 'pass' };
    this.reportWouldDeny(policy, outcome === 'undefined' ? outcome : 'deny', reasons);
    return passedDenial(decision);
  }

  /** Handles a failed evaluation: gives a degraded decision where the mode or fail-open allows one, or throws. */
  failed(error: unknown, attempt: Attempt): Decision {
    const { policy, begin, permissive } = attempt;
    const failure = opaErrorOf(error);
    const degraded = degradationOf(failure, permissive, this.settings.failOpen);
    if (degraded === undefined) {
      this.counter.countError();
      throw failureOf(failure, policy);
    }
    if (permissive) this.wouldDeny.add(policy, failure.code, []);
    this.logger.warn(`Let through (${degraded}), policy "${policy}": ${failure.code}: ${failure.message}`);
    const durationMs = performance.now() - begin;
    return this.made(
      passedFailure(policy, this.settings.engine.name, durationMs, degraded),
      attempt,
      failure,
    );
  }
}

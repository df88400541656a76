import { Logger } from '@nestjs/common';
import type { Decision, EngineAnswer, Evaluate, InputSnapshot, MaybePromise } from '../contracts/index.js';
import { andThen, evaluateBy, opaErrorOf, orElse, promiseTry, snapshotsFor } from '../contracts/index.js';
import type { OpaEnforceQuery } from './enforce.js';
import { allowOf, logRefusal } from './enforce.js';
import { engineQueryOf, policyOf } from './engine-query.js';
import { failureOf } from './failure-log.js';
import type { OpaFilterOptions } from './filter.js';
import { filtered } from './filter.js';
import type { OpaQuery } from './opa-query.js';
import type { WouldDeny } from './permissive-report.js';
import { PermissiveReport } from './permissive-report.js';
import { decisionOf } from './read-decision.js';
import type { RouteReport } from './route-report.js';
import type { OpaServiceSettings } from './service-settings.js';
import type { OpaStats } from './stats.js';
import { DecisionCounter, InFlightDecisions } from './stats.js';
import { degradationOf, passedDenial, syntheticDecision } from './synthetic-decision.js';
import { UndefinedPolicies } from './undefined-policies.js';

/** One decision from its begin. */
interface Attempt {
  readonly policy: string;
  /** When the decision began, in milliseconds on the clock of `performance.now()`. */
  readonly begin: number;
  readonly permissive: boolean;
}

/**
 * Makes decisions: evaluates policies, and applies the module's mode.
 *
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { OpaService } from 'nestjs-opa';
 *
 * @Injectable()
 * export class OrderService {
 *   constructor(private readonly opa: OpaService) {}
 *
 *   async cancel(subject: object, order: object): Promise<void> {
 *     await this.opa.enforce({ policy: 'orders/cancel', input: { subject, order } });
 *   }
 *
 *   visible(subject: object, docs: readonly object[]): Promise<object[]> {
 *     return this.opa.filter(docs, { policy: 'docs/visible', input: { subject } });
 *   }
 * }
 * ```
 */
export class OpaService {
  private readonly logger = new Logger(OpaService.name);
  private readonly counter: DecisionCounter;
  private readonly inFlight: InFlightDecisions;
  private readonly evaluateByEngine: Evaluate;
  /** @internal */
  readonly snapshotOf: (input: unknown) => InputSnapshot;
  private readonly undefinedPolicies = new UndefinedPolicies();
  private readonly wouldDeny = new PermissiveReport();

  /** @internal Nest provides the service: inject `OpaService`. */
  constructor(private readonly settings: OpaServiceSettings) {
    this.counter = new DecisionCounter(settings.snapshot);
    this.inFlight = settings.inFlight ?? new InFlightDecisions();
    this.evaluateByEngine = evaluateBy(settings.engine);
    this.snapshotOf = snapshotsFor(settings.engine);
  }

  /** The module's mode. */
  get mode(): 'enforce' | 'permissive' | 'disabled' {
    return this.settings.mode;
  }

  /**
   * Makes a decision.
   *
   * @returns the decision, whether it allows or denies
   * @throws OpaError when there is no decision. Then the caller must not let the request through.
   */
  decide(query: OpaQuery): Promise<Decision> {
    return promiseTry(() => this.decideNow(query));
  }

  /**
   * Makes a decision, and throws unless the decision is an allow. For the code of handlers and services.
   *
   * @returns the allow. An allow with obligations counts as a denial, because this method carries none out.
   * @throws the same exception as the guard, in the form of the context, when OpaInterceptor runs or `context` is given.
   * Otherwise an HttpException.
   */
  async enforce({ context, ...query }: OpaEnforceQuery): Promise<Decision> {
    try {
      return await allowOf(this.decide(query));
    } catch (error) {
      if (context !== undefined) throw (await this.settings.exceptionIn?.(context, error as Error)) ?? error;
      logRefusal(error);
      throw error;
    }
  }

  /**
   * Makes a decision, without a promise when the engine needs none. In that case the method may throw.
   *
   * @param snapshot - the snapshot of the input, if the caller has made it already
   * @internal
   */
  decideNow(query: OpaQuery, snapshot?: InputSnapshot): MaybePromise<Decision> {
    const attempt = this.begin(query);
    if (this.settings.mode === 'disabled')
      return this.counter.count(syntheticDecision(attempt.policy, 'disabled', 'allow', 0));
    const decision = orElse(
      () => andThen(this.evaluateNow(query, attempt, snapshot), (answer) => this.decisionOf(answer, attempt)),
      (error) => this.failed(error, attempt),
    );
    return this.inFlight.track(decision);
  }

  /**
   * Gives a policy's document, of any shape. The mode and fail-open are not applied.
   *
   * @typeParam T - the type of the document. The library does not check the document against the type.
   * @returns the document, or `undefined` when the policy is undefined for the input
   * @throws OpaError when there is no answer, in every mode
   */
  async evaluate<T = unknown>(query: OpaQuery): Promise<T | undefined> {
    const { result } = await this.inFlight.track(this.evaluateNow(query, this.begin(query)));
    return result as T | undefined;
  }

  /**
   * Gives the items that the subject may see. One query covers all items.
   *
   * @remarks The policy sees `input.items`. Its document is a list or set of indexes into `input.items`, or of the items'
   * keys with option `key`. An undefined policy and an empty list mean that no item is visible. Unknown keys are ignored:
   * ```rego
   * package docs
   *
   * visible contains index if {
   *   some index, doc in input.items
   *   doc.owner == input.subject.id
   * }
   * ```
   * A policy may also decide about one item, `input.item`. Its document is then a boolean, or an object with `allow`, and
   * the policy is evaluated once for each item. Give the policy a default, because undefined is no decision:
   * ```rego
   * package docs
   *
   * default allow := false
   *
   * allow if input.item.owner == input.subject.id
   * ```
   * When a policy fails (`OPA_POLICY_ERROR`), it is evaluated for each item too. Two kinds of items are left out and
   * logged: items on which the policy fails again, and items allowed with obligations. `timeout` applies to each query.
   * Mode `disabled` returns all items; `permissive` returns all items and reports.
   * @returns the items, in their order
   * @throws OpaError `OPA_BAD_DECISION` for any other document; when there is no answer; and when the policy fails on
   * every item
   */
  async filter<T>(items: readonly T[], options: OpaFilterOptions<T> = {}): Promise<T[]> {
    const attempt = this.begin(options);
    if (this.settings.mode === 'disabled' || items.length === 0) return [...items];
    const query = { ...options, policy: attempt.policy, phase: 'response' } as const;
    try {
      const visible = await filtered(items, attempt.policy, options, {
        evaluate: async (input, signal) => (await this.evaluateList({ ...query, input, signal })).result,
        decide: (input, signal) => this.decide({ ...query, input, signal }),
      });
      if (!attempt.permissive || visible.length === items.length) return visible;
      this.reportWouldDeny(attempt.policy, 'deny', []);
    } catch (error) {
      this.failed(error, attempt);
    }
    return [...items];
  }

  /**
   * Evaluates a policy whose document lists the visible items. The evaluation is counted, reported and degraded like a
   * decision.
   *
   * @param read - reads the document; throws when the document says nothing about items
   * @returns the result of `read`, and the decision's id. Without `value`, all items are visible.
   * @throws OpaError when there is no answer, and whatever `read` throws
   * @internal
   */
  async show<T>(query: OpaQuery, read: (document: unknown) => T): Promise<{ value?: T; id?: string }> {
    const attempt = this.begin(query);
    if (this.settings.mode === 'disabled') return {};
    try {
      const { result, id } = await this.evaluateList(query);
      return { value: read(result), ...(id !== undefined && { id }) };
    } catch (error) {
      this.failed(error, attempt);
      return {};
    }
  }

  /**
   * Resolves when the engine can decide.
   *
   * @throws OpaError that says why the engine can't
   */
  async ready(signal?: AbortSignal): Promise<void> {
    if (this.settings.mode !== 'disabled') await this.settings.engine.ready?.(signal);
  }

  /** Removes every cached decision. Call it after a change to policies or data that must take effect at once. */
  async purge(): Promise<void> {
    await this.settings.purge?.();
  }

  /**
   * Gives a snapshot of sockets and decisions.
   *
   */
  stats(): OpaStats {
    return this.counter.snapshot();
  }

  /**
   * Lists every handler of the application with its policies, including handlers without a policy. The list is complete
   * when the application has started.
   */
  routes(): readonly RouteReport[] {
    return this.settings.routes?.() ?? [];
  }

  /** Lists the refusals that mode `permissive` let through since the start. */
  permissiveReport(): readonly WouldDeny[] {
    return this.wouldDeny.list();
  }

  /**
   * Adds a refusal to the permissive report, and logs the refusal.
   *
   * @internal
   */
  reportWouldDeny(policy: string, outcome: 'deny' | 'undefined', reasons: readonly string[]): void {
    this.wouldDeny.add(policy, outcome, reasons);
    this.logger.warn(`Permissive: the policy "${policy}" would have stopped a request (${outcome}).`);
  }

  private begin(query: Pick<OpaQuery, 'policy' | 'timeout' | 'mode'>): Attempt {
    const begin = performance.now();
    const permissive = this.settings.mode === 'permissive' || query.mode === 'permissive';
    return { policy: policyOf(query, this.settings.policy), begin, permissive };
  }

  private evaluateNow(query: OpaQuery, attempt: Attempt, made?: InputSnapshot): MaybePromise<EngineAnswer> {
    const { timeout, inputLimits } = this.settings;
    this.inFlight.assertOpen();
    const options = { deadline: attempt.begin + (query.timeout ?? timeout), signal: query.signal };
    const snapshot = made ?? this.snapshotOf(query.input);
    return this.evaluateByEngine(engineQueryOf(attempt.policy, query, snapshot, inputLimits), options);
  }

  private async evaluateList(query: OpaQuery): Promise<EngineAnswer> {
    const attempt = this.begin(query);
    const answer = await this.inFlight.track(this.evaluateNow(query, attempt));
    const { policy, begin } = attempt;
    const { result, engine = this.settings.engine.name } = answer;
    if (result === undefined) this.undefinedPolicies.warn(policy);
    const outcome = result === undefined ? 'undefined' : 'allow';
    this.counter.count(syntheticDecision(policy, engine, outcome, performance.now() - begin));
    return answer;
  }

  private decisionOf(answer: EngineAnswer, { policy, begin, permissive }: Attempt): Decision {
    const engine = answer.engine ?? this.settings.engine.name;
    const decision = decisionOf(answer, policy, engine, performance.now() - begin);
    if (decision.outcome === 'undefined') this.undefinedPolicies.warn(policy);
    return this.counter.count(permissive ? this.permissive(decision) : decision);
  }

  /** Makes a decision permissive: a denial passes. No other place does this. */
  private permissive(decision: Decision): Decision {
    const { allowed, outcome, policy, reasons } = decision;
    if (allowed) return { ...decision, enforced: 'pass' };
    this.reportWouldDeny(policy, outcome === 'undefined' ? outcome : 'deny', reasons);
    return passedDenial(decision);
  }

  /** Handles a failed evaluation: gives a degraded decision where the mode or fail-open allows one, or throws. */
  private failed(error: unknown, { policy, begin, permissive }: Attempt): Decision {
    const failure = opaErrorOf(error);
    const degraded = degradationOf(failure, permissive, this.settings.failOpen);
    if (degraded === undefined) {
      this.counter.countError();
      throw failureOf(failure, policy);
    }
    if (permissive) this.wouldDeny.add(policy, failure.code, []);
    this.logger.warn(`Let through (${degraded}), policy "${policy}": ${failure.code}: ${failure.message}`);
    const durationMs = performance.now() - begin;
    return this.counter.count({
      ...syntheticDecision(policy, this.settings.engine.name, 'unavailable', durationMs),
      degraded,
      ...(permissive && { enforced: 'pass' }),
    });
  }
}

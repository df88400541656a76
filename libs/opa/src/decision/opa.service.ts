import { Logger } from '@nestjs/common';
import type { Decision, EngineAnswer, Evaluate, MaybePromise } from '../contracts/index.js';
import { andThen, evaluateBy, opaErrorOf, orElse, promiseTry } from '../contracts/index.js';
import type { OpaEnforceQuery } from './enforce.js';
import { allowOf, logRefusal } from './enforce.js';
import { engineQueryOf, policyOf } from './engine-query.js';
import type { OpaFilterOptions } from './filter.js';
import { filtered } from './filter.js';
import { InFlightDecisions } from './in-flight-decisions.js';
import type { OpaQuery, SerializedQuery } from './opa-query.js';
import type { WouldDeny } from './permissive-report.js';
import { PermissiveReport } from './permissive-report.js';
import { decisionOf } from './read-decision.js';
import type { RouteReport } from './route-report.js';
import type { OpaServiceSettings } from './service-settings.js';
import type { OpaStats } from './stats.js';
import { DecisionCounter } from './stats.js';
import { degradationOf, passedDenial, syntheticDecision } from './synthetic-decision.js';
import { UndefinedPolicies } from './undefined-policies.js';

/** What a decision is about, from its begin. */
interface Attempt {
  readonly policy: string;
  /** On the clock of `performance.now()`, in milliseconds. */
  readonly begin: number;
  readonly permissive: boolean;
}

/** Makes decisions: evaluates policies, and applies the module's mode to what they say. */
export class OpaService {
  private readonly logger = new Logger(OpaService.name);
  private readonly counter: DecisionCounter;
  private readonly inFlight: InFlightDecisions;
  private readonly evaluateByEngine: Evaluate;
  private readonly undefinedPolicies = new UndefinedPolicies();
  private readonly wouldDeny = new PermissiveReport();

  constructor(private readonly settings: OpaServiceSettings) {
    this.counter = new DecisionCounter(settings.snapshot);
    this.inFlight = settings.inFlight ?? new InFlightDecisions();
    this.evaluateByEngine = evaluateBy(settings.engine);
  }

  /** The module's mode. */
  get mode(): OpaServiceSettings['mode'] {
    return this.settings.mode;
  }

  /**
   * Makes a decision.
   *
   * @example
   * ```ts
   * const { allowed, reasons } = await this.opa.decide({ policy: 'orders/read', input: { subject, order } });
   * ```
   *
   * @returns a decision for allow, deny, undefined, and everything degraded
   * @throws OpaError where there is no decision: the caller must not let the request through
   */
  decide(query: OpaQuery): Promise<Decision> {
    return promiseTry(() => this.decideNow(query));
  }

  /**
   * Makes a decision that must be an allow, in the code of a handler or service.
   *
   * @example
   * ```ts
   * await this.opa.enforce({ policy: 'orders/cancel', input: { subject, order } });
   * ```
   *
   * @returns the allow. An allow with obligations is a denial, because nobody would carry them out.
   * @throws the refusal in the form of the context, as the guard does, where OpaInterceptor runs or `context` is given;
   * else in HTTP's form
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
   * Makes a decision, without a promise where the engine needs none. Then the method may throw.
   *
   * @internal
   */
  decideNow(query: SerializedQuery): MaybePromise<Decision> {
    const attempt = this.begin(query);
    if (this.settings.mode === 'disabled')
      return this.counter.count(syntheticDecision(attempt.policy, 'disabled', 'allow', 0));
    const decision = orElse(
      () => andThen(this.evaluateNow(query, attempt), (answer) => this.decisionOf(answer, attempt)),
      (error) => this.failed(error, attempt),
    );
    return this.inFlight.track(decision);
  }

  /**
   * Gives a policy's document, and makes no decision of the document.
   *
   * @example
   * ```ts
   * const limits = await this.opa.evaluate<{ maxAmount: number }>({ policy: 'orders/limits', input: { subject } });
   * ```
   *
   * @typeParam T - the type of the document, which nobody checks
   * @returns the document, or `undefined` when the policy is undefined for the input
   * @throws OpaError when there is no answer, in every mode
   */
  async evaluate<T = unknown>(query: OpaQuery): Promise<T | undefined> {
    const { result } = await this.inFlight.track(this.evaluateNow(query, this.begin(query)));
    return result as T | undefined;
  }

  /**
   * Gives the items that the subject may see, by one query about all of them.
   *
   * @remarks The policy sees `input.items`. It gives a list or set of indexes into `input.items`, or of the items' keys
   * with option `key`. Undefined and an empty list stand for no item; an unknown key is ignored:
   * ```rego
   * package docs
   *
   * visible contains index if {
   *   some index, doc in input.items
   *   doc.owner == input.subject.id
   * }
   * ```
   * A policy that decides is evaluated for each item, as `input.item`. Its document is a boolean, or an object with
   * `allow`. Give it a default, for undefined is no decision:
   * ```rego
   * package docs
   *
   * default allow := false
   *
   * allow if input.item.owner == input.subject.id
   * ```
   * A policy that fails (`OPA_POLICY_ERROR`) is evaluated for each item too. An item on which the policy fails again is
   * left out and logged, and so is an item that is allowed with obligations. `timeout` is the time for each query. Mode
   * `disabled` gives all items, `permissive` gives all and reports.
   * @example
   * ```ts
   * const visible = await this.opa.filter(docs, { policy: 'docs/visible', input: { subject } });
   * ```
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
   * Gives the document that says which items of a list are visible. It is counted, reported and degraded as a decision.
   *
   * @param read - reads the document; throws when the document says nothing about items
   * @returns what `read` gave, and the decision's id; no `value` where all of the list is let through
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

  /** Removes every cached decision, after a change that the policy's own data doesn't show. */
  async purge(): Promise<void> {
    await this.settings.purge?.();
  }

  /** A snapshot of sockets and decisions. */
  stats(): OpaStats {
    return this.counter.snapshot();
  }

  /**
   * Every handler of the application, with what decides the handler, or that nothing does. The list is complete once the
   * application has started.
   */
  routes(): readonly RouteReport[] {
    return this.settings.routes?.() ?? [];
  }

  /** What permissive policies, of the module or of a handler, would have stopped since the start. */
  permissiveReport(): readonly WouldDeny[] {
    return this.wouldDeny.list();
  }

  /**
   * Adds to the permissive report, and logs.
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

  private evaluateNow(query: SerializedQuery, { policy, begin }: Attempt): MaybePromise<EngineAnswer> {
    const { timeout, inputLimits } = this.settings;
    this.inFlight.assertOpen();
    const options = { deadline: begin + (query.timeout ?? timeout), signal: query.signal };
    return this.evaluateByEngine(engineQueryOf(policy, query, inputLimits), options);
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

  /** The one place that makes a decision permissive: a refusal of it passes. */
  private permissive(decision: Decision): Decision {
    const { allowed, outcome, policy, reasons } = decision;
    if (allowed) return { ...decision, enforced: 'pass' };
    this.reportWouldDeny(policy, outcome === 'undefined' ? outcome : 'deny', reasons);
    return passedDenial(decision);
  }

  /** The decision where the engine gave none: degraded, or the error is thrown. */
  private failed(error: unknown, { policy, begin, permissive }: Attempt): Decision {
    const failure = opaErrorOf(error);
    const degraded = degradationOf(failure, permissive, this.settings.failOpen);
    if (degraded === undefined) {
      this.counter.countError();
      throw failure;
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

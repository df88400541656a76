import { Logger } from '@nestjs/common';
import type { Decision, EngineAnswer, MaybePromise } from '../contracts/index.js';
import { isPromise, opaErrorOf, promiseTry } from '../contracts/index.js';
import type { OpaEnforceQuery } from './enforce.js';
import { allowOf, logRefusal } from './enforce.js';
import type { OpaFilterOptions } from './filter.js';
import { filtered } from './filter.js';
import type { WouldDeny } from './permissive-report.js';
import { PermissiveReport } from './permissive-report.js';
import { decisionOf } from './read-decision.js';
import { policyOf, queryOf } from './engine-query.js';
import type { OpaQuery, SerializedQuery } from './opa-query.js';
import type { RouteReport } from './route-report.js';
import { degradationOf, syntheticDecision } from './synthetic-decision.js';
import type { OpaServiceSettings } from './service-settings.js';
import type { OpaStats } from './stats.js';
import { DecisionCounter } from './stats.js';
import { UndefinedPolicies } from './undefined-policies.js';
import { InFlightDecisions } from './in-flight-decisions.js';

/** Asks for decisions. */
export class OpaService {
  private readonly logger = new Logger(OpaService.name);
  private readonly counter: DecisionCounter;
  private readonly inFlight: InFlightDecisions;
  private readonly undefinedPolicies = new UndefinedPolicies();
  private readonly wouldDeny = new PermissiveReport();

  constructor(private readonly settings: OpaServiceSettings) {
    this.counter = new DecisionCounter(settings.snapshot);
    this.inFlight = settings.inFlight ?? new InFlightDecisions();
  }

  /** What becomes of denials: the module's mode. */
  get mode(): OpaServiceSettings['mode'] {
    return this.settings.mode;
  }

  /**
   * Asks for a decision.
   *
   * @returns a decision for allow, deny, undefined, and everything degraded
   * @throws OpaError otherwise: whoever gets none must not let the request through
   */
  decide(question: OpaQuery): Promise<Decision> {
    return promiseTry(() => this.decideNow(question));
  }

  /**
   * Asks for a decision that must be an allow, in the code of a handler or service.
   *
   * @returns the allow; one with obligations is a denial, for nobody would carry them out
   * @throws the context's refusal, as the guard does: where OpaInterceptor runs, or with `context`; else HTTP's
   */
  async enforce({ context, ...question }: OpaEnforceQuery): Promise<Decision> {
    try {
      return await allowOf(this.decide(question), this.isPermissive(question));
    } catch (error) {
      if (context !== undefined) throw (await this.settings.exceptionIn?.(context, error as Error)) ?? error;
      logRefusal(error);
      throw error;
    }
  }

  /**
   * As {@link OpaService.decide}, without a promise where the engine needs none; then it may throw.
   *
   * @internal
   */
  decideNow(question: SerializedQuery): MaybePromise<Decision> {
    const begin = performance.now();
    const policy = policyOf(question, this.settings.policy);
    if (this.settings.mode === 'disabled')
      return this.counter.count(syntheticDecision(policy, 'disabled', 'allow', 0));
    const permissive = this.isPermissive(question);
    try {
      const answer = this.ask(policy, question, begin);
      return isPromise(answer)
        ? this.decideLater(answer, policy, begin, permissive)
        : this.decided(answer, policy, begin, permissive);
    } catch (error) {
      return this.counter.count(this.unavailable(error, policy, begin, permissive));
    }
  }

  /**
   * Gives a policy's document without making a decision of it.
   *
   * @typeParam T - the document's type; it isn't checked
   * @returns the document, or `undefined` when the policy is undefined for the input
   * @throws OpaError when there is no answer, in every mode
   */
  async evaluate<T = unknown>(question: OpaQuery): Promise<T | undefined> {
    const answer = await this.document(policyOf(question, this.settings.policy), question, performance.now());
    return answer.result as T | undefined;
  }

  /**
   * Says which of the items the subject may see, in one question about all of them.
   *
   * @remarks The policy sees `input.items` and answers a list or set of indexes into it, or of the items' keys with
   * option `key`; undefined and an empty one stand for none, an unknown key for nothing:
   * ```rego
   * package docs
   *
   * visible contains index if {
   *   some index, doc in input.items
   *   doc.owner == input.subject.id
   * }
   * ```
   * A policy that decides (a boolean, or an object with `allow`; with a default, for undefined is no decision) is asked
   * about each item as `input.item`:
   * ```rego
   * package docs
   *
   * default allow := false
   *
   * allow if input.item.owner == input.subject.id
   * ```
   * So is one that fails (`OPA_POLICY_ERROR`): an item on which it fails again is left out and logged, and so is one
   * that is allowed with obligations. `timeout` is the time for each question. Mode `disabled` gives all items,
   * `permissive` gives all and reports.
   * @returns the items, in their order
   * @throws OpaError `OPA_BAD_DECISION` for any other answer; when no answer can be had; and when the policy fails on
   * every item
   */
  async filter<T>(items: readonly T[], options: OpaFilterOptions<T> = {}): Promise<T[]> {
    const begin = performance.now();
    const policy = policyOf(options, this.settings.policy);
    if (this.settings.mode === 'disabled' || items.length === 0) return [...items];
    const permissive = this.isPermissive(options);
    const asked = { ...options, phase: 'response' } as const;
    try {
      const seen = await filtered(items, policy, options, {
        evaluate: async (input, signal) => (await this.listed(policy, { ...asked, input, signal })).result,
        decide: (input, signal) => this.decide({ ...asked, policy, input, signal }),
      });
      if (!permissive || seen.length === items.length) return seen;
      this.reportWouldDeny(policy, 'deny', []);
    } catch (error) {
      this.counter.count(this.unavailable(error, policy, begin, permissive));
    }
    return [...items];
  }

  /**
   * Asks for the document that says which items of a list are shown: counted, reported and degraded as a decision is.
   *
   * @param read - makes sense of the document; throws when there is none in it
   * @returns what `read` gave, and the decision's id; no `value` where all of the list is let through
   * @throws OpaError when no answer can be had, and whatever `read` throws
   * @internal
   */
  async show<T>(question: OpaQuery, read: (document: unknown) => T): Promise<{ value?: T; id?: string }> {
    const begin = performance.now();
    const policy = policyOf(question, this.settings.policy);
    if (this.settings.mode === 'disabled') return {};
    try {
      const { result, id } = await this.listed(policy, question);
      return { value: read(result), ...(id !== undefined && { id }) };
    } catch (error) {
      this.counter.count(this.unavailable(error, policy, begin, this.isPermissive(question)));
      return {};
    }
  }

  /**
   * Resolves when the engine can decide.
   *
   * @throws OpaError that says why it can't
   */
  async ready(signal?: AbortSignal): Promise<void> {
    if (this.settings.mode !== 'disabled') await this.settings.engine.ready?.(signal);
  }

  /** Forgets every cached decision, after a change that the policy's own data doesn't show; without a cache, nothing. */
  async purge(): Promise<void> {
    await this.settings.purge?.();
  }

  /** A snapshot of sockets and decisions. */
  stats(): OpaStats {
    return this.counter.snapshot();
  }

  /** Every handler of the application, with what decides it, or that nothing does. Complete once the application has started. */
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

  private isPermissive({ mode }: Pick<OpaQuery, 'mode'>): boolean {
    return this.settings.mode === 'permissive' || mode === 'permissive';
  }

  private async decideLater(
    answer: PromiseLike<EngineAnswer>,
    policy: string,
    begin: number,
    permissive: boolean,
  ): Promise<Decision> {
    const group = this.inFlight.join();
    try {
      return this.decided(await answer, policy, begin, permissive);
    } catch (error) {
      return this.counter.count(this.unavailable(error, policy, begin, permissive));
    } finally {
      group.leave();
    }
  }

  private decided(answer: EngineAnswer, policy: string, begin: number, permissive: boolean): Decision {
    const engine = answer.engine ?? this.settings.engine.name;
    const decision = decisionOf(answer, policy, engine, performance.now() - begin);
    return this.counter.count(decision.allowed ? decision : this.refused(decision, permissive));
  }

  private async listed(policy: string, question: OpaQuery): Promise<EngineAnswer> {
    const begin = performance.now();
    const answer = await this.document(policy, question, begin);
    const { result, engine = this.settings.engine.name } = answer;
    if (result === undefined) this.undefinedPolicies.warn(policy);
    const outcome = result === undefined ? 'undefined' : 'allow';
    this.counter.count(syntheticDecision(policy, engine, outcome, performance.now() - begin));
    return answer;
  }

  private async document(policy: string, question: OpaQuery, begin: number): Promise<EngineAnswer> {
    const group = this.inFlight.join();
    return promiseTry(() => this.ask(policy, question, begin)).finally(() => group.leave());
  }

  private ask(policy: string, question: SerializedQuery, begin: number): MaybePromise<EngineAnswer> {
    const { engine, timeout, inputLimits } = this.settings;
    const options = { deadline: begin + (question.timeout ?? timeout), signal: question.signal };
    this.inFlight.assertOpen();
    const query = queryOf(policy, question, inputLimits);
    return engine.evaluateNow?.(query, options) ?? engine.evaluate(query, options);
  }

  private refused(decision: Decision, permissive: boolean): Decision {
    const { policy, reasons } = decision;
    const outcome = decision.outcome === 'undefined' ? 'undefined' : 'deny';
    if (outcome === 'undefined') this.undefinedPolicies.warn(policy);
    if (!permissive) return decision;
    this.reportWouldDeny(policy, outcome, reasons);
    return { ...decision, allowed: true, degraded: 'permissive' };
  }

  private unavailable(error: unknown, policy: string, begin: number, permissive: boolean): Decision {
    const failure = opaErrorOf(error);
    const degraded = degradationOf(failure, permissive, this.settings.failOpen);
    if (degraded === undefined) {
      this.counter.countError();
      throw failure;
    }
    if (degraded === 'permissive') this.wouldDeny.add(policy, failure.code, []);
    this.logger.warn(`Let through (${degraded}), policy "${policy}": ${failure.code}: ${failure.message}`);
    const { engine } = this.settings;
    return { ...syntheticDecision(policy, engine.name, 'unavailable', performance.now() - begin), degraded };
  }
}

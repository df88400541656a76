import type { Decision, InputSnapshot, MaybePromise, OpaError } from '../contracts/index.js';
import { promiseTry } from '../contracts/index.js';
import type { DecisionListeners } from '../observability/index.js';
import type { RefusedQuery } from './decision-maker.js';
import { DecisionMaker } from './decision-maker.js';
import type { OpaEnforceQuery } from './enforce.js';
import { allowOf, logRefusal } from './enforce.js';
import type { OpaFilterOptions } from './filter.js';
import { filtered } from './filter.js';
import type { OpaQuery } from './opa-query.js';
import type { WouldDeny } from './permissive-report.js';
import type { RouteReport } from './route-report.js';
import type { OpaServiceSettings } from './service-settings.js';
import type { OpaStats } from './stats.js';

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
  private readonly maker: DecisionMaker;
  /** @internal */
  readonly snapshotOf: (input: unknown) => InputSnapshot;

  /** @internal Nest provides the service: inject `OpaService`. */
  constructor(private readonly settings: OpaServiceSettings) {
    this.maker = new DecisionMaker(settings);
    this.snapshotOf = this.maker.snapshotOf;
  }

  /**
   * The functions that listen to the decisions.
   *
   * @internal
   */
  get listeners(): DecisionListeners {
    return this.maker.listeners;
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
    const origin = query.origin ?? (context && this.settings.originIn?.(context));
    try {
      return await allowOf(this.decide({ ...query, origin }));
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
    return this.maker.decide(query, snapshot);
  }

  /**
   * Publishes the event of a request that was refused before the service was asked.
   *
   * @param refusal - the denial, or the error that prevented the decision. With the error, a permissive request passes.
   * @internal
   */
  refused(
    query: RefusedQuery,
    refusal: { readonly decision: Decision } | { readonly error: OpaError },
  ): void {
    this.maker.refused(query, refusal);
  }

  /**
   * Gives a policy's document, of any shape. The mode and fail-open are not applied.
   *
   * @typeParam T - the type of the document. The library does not check the document against the type.
   * @returns the document, or `undefined` when the policy is undefined for the input
   * @throws OpaError when there is no answer, in every mode
   */
  async evaluate<T = unknown>(query: OpaQuery): Promise<T | undefined> {
    const { result } = await this.maker.evaluate(query);
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
    const query = { ...options, phase: 'response' } as const;
    const attempt = this.maker.begin({ ...query, input: { ...options.input, items } }, 'list');
    if (this.settings.mode === 'disabled' || items.length === 0) return [...items];
    return this.maker.observed(attempt, async () => {
      try {
        const visible = await filtered(items, attempt.policy, options, {
          evaluate: async (subset, signal) =>
            (await this.maker.evaluateList({ ...query, input: subset, signal }, attempt)).result,
          decide: (item, signal) => this.decide({ ...query, policy: attempt.policy, input: item, signal }),
        });
        if (!attempt.permissive || visible.length === items.length) return visible;
        this.reportWouldDeny(attempt.policy, 'deny', []);
      } catch (error) {
        this.maker.failed(error, attempt);
      }
      return [...items];
    });
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
    const attempt = this.maker.begin(query);
    if (this.settings.mode === 'disabled') return {};
    return this.maker.observed(attempt, async () => {
      try {
        const { result, id } = await this.maker.evaluateList(query, attempt);
        return { value: read(result), ...(id !== undefined && { id }) };
      } catch (error) {
        this.maker.failed(error, attempt);
        return {};
      }
    });
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
    return this.maker.stats();
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
    return this.maker.permissiveReport();
  }

  /**
   * Adds a refusal to the permissive report, and logs the refusal.
   *
   * @internal
   */
  reportWouldDeny(policy: string, outcome: 'deny' | 'undefined', reasons: readonly string[]): void {
    this.maker.reportWouldDeny(policy, outcome, reasons);
  }
}

import { Logger } from '@nestjs/common';
import { hash } from 'node:crypto';
import type { BaseEngine, EngineAnswer, EvaluateOptions, MaybePromise, Query } from '../contracts/index.js';
import { isPromise, isUnavailable, OpaError, snapshotOf } from '../contracts/index.js';
import type { BoundedWaits } from '../transport/index.js';
import { wasBlocked } from '../transport/index.js';
import type { DecisionStore, StoredDecision } from './decision-store.js';
import { EngineWrapper } from './engine-wrapper.js';
import { frozenCopy } from './frozen-copy.js';
import type { PendingDecision } from './ordered-decision-store.js';
import { OrderedDecisionStore } from './ordered-decision-store.js';

/** The settings of a {@link CachingEngine}. */
export interface CacheSettings {
  readonly store: DecisionStore;
  /** Whether each key is a digest. An application's store may send keys to another process, so keys hide the input. */
  readonly secretKeys: boolean;
  /** The name of the module instance, a part of each key. */
  readonly instance: string;
  /** How long the cache may use a decision, in milliseconds. 0: the cache does not store the decision. */
  readonly lifetime: (answer: EngineAnswer, policy: string) => number;
  /** How long after `lifetime` the cache may still use the decision when OPA is unreachable, in milliseconds. */
  readonly staleTtl: number;
}

/** The longest key that the cache uses without a digest, in characters. A digest costs more than the rest of a hit. */
const MAX_PLAIN_KEY = 1_024;

/** Error codes for a decision that has ended. All other errors mean that the store has failed. */
const ENDED = new Set(['OPA_ABORTED', 'OPA_CLOSED']);

type CacheEntry = StoredDecision | undefined;

/** Caches decisions by instance, policy path and whole input. The cache never stores errors. */
export class CachingEngine extends EngineWrapper {
  private readonly logger = new Logger(CachingEngine.name);
  private readonly decisions: OrderedDecisionStore;
  private hitCount = 0;

  constructor(
    engine: BaseEngine,
    private readonly settings: CacheSettings,
    private readonly waits: BoundedWaits,
  ) {
    super(engine);
    this.decisions = new OrderedDecisionStore(settings.store, waits, (error) => this.storeFailed(error));
  }

  /** How many queries the cache served, without stale decisions. */
  get hits(): number {
    return this.hitCount;
  }

  /** Returns a hit without a promise when the store returns its entries synchronously. */
  evaluateNow(query: Query, options: EvaluateOptions): MaybePromise<EngineAnswer> {
    const key = this.keyOf(query.policy, snapshotOf(query).json);
    const reading = this.find(key, options);
    const hit = isPromise(reading) ? undefined : this.hit(reading);
    return hit ?? this.evaluateLater(query, options, key, reading);
  }

  /** Removes every cached decision. The cache also discards the decisions of evaluations in flight. */
  async purge(): Promise<void> {
    await this.decisions.clear();
  }

  private async evaluateLater(
    query: Query,
    options: EvaluateOptions,
    key: string,
    reading: MaybePromise<CacheEntry>,
  ): Promise<EngineAnswer> {
    const pending = this.decisions.begin(key);
    const latestFairStart = halfTime(options);
    try {
      const entry = await reading;
      const hit = this.hit(entry);
      if (hit !== undefined) return hit;
      // The client measures OPA's time from here. After a blocked event loop, a timeout would be wrongly blamed on OPA.
      if (wasBlocked(latestFairStart)) throw notAsked();
      return await this.evaluateMiss(query, options, pending, entry);
    } finally {
      pending.end();
    }
  }

  private async evaluateMiss(
    query: Query,
    options: EvaluateOptions,
    pending: PendingDecision,
    stored: CacheEntry,
  ): Promise<EngineAnswer> {
    try {
      const answer = await this.engine.evaluateNow(query, options);
      if (answer.degraded === undefined) this.keep(answer, query.policy, pending);
      return answer;
    } catch (error) {
      const entry = pending.latest(stored);
      if (!isUnavailable(error) || !this.mayBeStale(entry)) throw error;
      this.logger.warn(`A stale decision of "${query.policy}" is used: ${error.code}: ${error.message}`);
      return { ...entry.answer, cached: true, degraded: 'stale' };
    }
  }

  private hit(entry: CacheEntry): EngineAnswer | undefined {
    // The application's store may return an entry whose `freshUntil` is not a number.
    if (entry === undefined || !(Date.now() < entry.freshUntil)) return undefined;
    this.hitCount += 1;
    return { ...entry.answer, cached: true };
  }

  private keyOf(policy: string, json: string): string {
    const { instance, secretKeys } = this.settings;
    const key = `${instance}\n${policy}\n${json}`;
    return secretKeys || key.length > MAX_PLAIN_KEY ? hash('sha256', key, 'base64url') : key;
  }

  private find(key: string, options: EvaluateOptions): MaybePromise<CacheEntry> {
    try {
      const entry = this.decisions.read(key);
      return isPromise(entry) ? this.bounded(entry, options) : (entry ?? undefined);
    } catch (error) {
      this.storeFailed(error);
      return undefined;
    }
  }

  private async bounded(
    reading: ReturnType<DecisionStore['get']>,
    options: EvaluateOptions,
  ): Promise<CacheEntry> {
    try {
      const half = { ...options, deadline: halfTime(options) };
      const entry = this.waits.bounded('The store of cached decisions', half, async () => reading);
      return (await entry) ?? undefined;
    } catch (error) {
      if (error instanceof OpaError && ENDED.has(error.code)) throw error;
      this.storeFailed(error);
      return undefined;
    }
  }

  private keep(answer: EngineAnswer, policy: string, pending: PendingDecision): void {
    const { lifetime, staleTtl } = this.settings;
    const ttl = lifetime(answer, policy);
    // Freeze the decision, because every hit returns the same objects. A decision with no lifetime removes the older
    // entry. Otherwise the cache could return the older entry later as a stale decision.
    const entry = ttl > 0 ? { answer: frozenCopy(answer), freshUntil: Date.now() + ttl } : undefined;
    pending.store(entry, ttl + staleTtl);
  }

  private mayBeStale(entry: CacheEntry): entry is StoredDecision {
    if (entry === undefined || this.settings.staleTtl === 0) return false;
    return Date.now() < entry.freshUntil + this.settings.staleTtl;
  }

  private storeFailed(error: unknown): void {
    this.logger.warn(`The store of cached decisions failed: ${String(error)}`);
  }
}

/** The time halfway between now and the deadline, in milliseconds of `performance.now()`. */
function halfTime({ deadline }: EvaluateOptions): number {
  const now = performance.now();
  return now + (deadline - now) / 2;
}

function notAsked(): OpaError {
  return new OpaError(
    'OPA_OVERLOADED',
    'OPA was not asked: the event loop of this process was blocked while the store of cached decisions was read, and ' +
      "less than half of the decision's time was left.",
  );
}

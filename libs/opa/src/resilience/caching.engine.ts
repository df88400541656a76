import { Logger } from '@nestjs/common';
import { hash } from 'node:crypto';
import type { EngineAnswer, EvaluateOptions, MaybePromise, PolicyEngine, Query } from '../contracts/index.js';
import { inputJson, isGone, isPromise, OpaError } from '../contracts/index.js';
import type { BoundedWaits } from '../transport/index.js';
import type { AnswerStore, StoredAnswer } from './answer-store.js';
import { frozenCopy } from './frozen-copy.js';
import { OrderedStore } from './ordered-store.js';
import type { Question } from './questions.js';
import { Questions } from './questions.js';
import { EngineWrapper } from './engine-wrapper.js';

/** What a {@link CachingEngine} works with. */
export interface CacheSettings {
  readonly store: AnswerStore;
  /** Keys go out of the process, and tell nothing of the question. */
  readonly secretKeys: boolean;
  /** The module instance, part of each key. */
  readonly instance: string;
  /** How long an answer may be used, in milliseconds; 0 = not at all. */
  readonly lifetime: (answer: EngineAnswer, policy: string) => number;
  /** How long after that it may stand in for an OPA that isn't there, in milliseconds. */
  readonly staleTtl: number;
}

/** Keys up to this length are kept as they are, in characters; a digest costs more than the rest of a hit. */
const PLAIN_KEY = 1_024;

/** The decision has ended, not the store. */
const ENDED = new Set(['OPA_ABORTED', 'OPA_CLOSED']);

type Found = StoredAnswer | undefined;

/** Remembers answers, by the instance, the policy path and the whole input. Errors are never remembered. */
export class CachingEngine extends EngineWrapper {
  private readonly logger = new Logger(CachingEngine.name);
  private found = 0;
  private readonly questions = new Questions();
  private readonly store: OrderedStore;

  constructor(
    engine: PolicyEngine,
    private readonly settings: CacheSettings,
    private readonly waits: BoundedWaits,
  ) {
    super(engine);
    this.store = new OrderedStore(settings.store, waits, (error) => this.storeFailed(error));
  }

  /** How many questions were answered from memory; stale answers aren't among them. */
  get hits(): number {
    return this.found;
  }

  async evaluate(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    return this.evaluateNow(query, options);
  }

  /** Gives a hit itself, where the store keeps its answers in the process. */
  evaluateNow(query: Query, options: EvaluateOptions): MaybePromise<EngineAnswer> {
    const json = query.json ?? inputJson(query.input);
    const key = this.keyOf(query.policy, json);
    const kept = this.look(key, options);
    const hit = isPromise(kept) ? undefined : this.hit(kept);
    return hit ?? this.afterwards({ ...query, json }, options, key, kept);
  }

  private hit(kept: Found): EngineAnswer | undefined {
    // Also of a store of the user's own, whose time may be no number.
    if (kept === undefined || !(Date.now() < kept.freshUntil)) return undefined;
    this.found += 1;
    return { ...kept.answer, cached: true };
  }

  private async afterwards(
    query: Query,
    options: EvaluateOptions,
    key: string,
    looked: MaybePromise<Found>,
  ): Promise<EngineAnswer> {
    const question = this.questions.ask(key);
    try {
      const kept = await looked;
      return this.hit(kept) ?? (await this.ask(query, options, question, kept));
    } finally {
      question.end();
    }
  }

  private async ask(
    query: Query,
    options: EvaluateOptions,
    question: Question,
    found: Found,
  ): Promise<EngineAnswer> {
    try {
      const answer = await this.engine.evaluate(query, options);
      if (question.newest && answer.degraded === undefined) this.keep(question, answer, query.policy);
      return answer;
    } catch (error) {
      const kept = question.known(found);
      if (!isGone(error) || !this.mayStandIn(kept)) throw error;
      this.logger.warn(`A stale decision of "${query.policy}" is used: ${error.code}: ${error.message}`);
      return { ...kept.answer, cached: true, degraded: 'stale' };
    }
  }

  /** Forgets every answer, and those that are under way. */
  async purge(): Promise<void> {
    this.questions.forget();
    await this.store.clear();
  }

  private keyOf(policy: string, json: string): string {
    const { instance, secretKeys } = this.settings;
    const key = `${instance}\n${policy}\n${json}`;
    return secretKeys || key.length > PLAIN_KEY ? hash('sha256', key, 'base64url') : key;
  }

  // Without a promise where the store needs none, for hits are many.
  private look(key: string, options: EvaluateOptions): Found | Promise<Found> {
    try {
      const kept = this.store.get(key);
      return isPromise(kept) ? this.await(kept, options) : (kept ?? undefined);
    } catch (error) {
      this.storeFailed(error);
      return undefined;
    }
  }

  private async await(kept: ReturnType<AnswerStore['get']>, options: EvaluateOptions): Promise<Found> {
    try {
      const now = performance.now();
      const half = { ...options, deadline: now + (options.deadline - now) / 2 };
      const found = this.waits.bounded('The store of cached decisions', half, async () => kept);
      return (await found) ?? undefined;
    } catch (error) {
      if (error instanceof OpaError && ENDED.has(error.code)) throw error;
      this.storeFailed(error);
      return undefined;
    }
  }

  private keep(question: Question, answer: EngineAnswer, policy: string): void {
    const { lifetime, staleTtl } = this.settings;
    const ttl = lifetime(answer, policy);
    // A copy that nobody can change: whoever gets a hit gets the same objects.
    const kept = ttl > 0 ? { answer: frozenCopy(answer), freshUntil: Date.now() + ttl } : undefined;
    question.answered(kept);
    // What was kept must not stand in later for an answer that isn't.
    if (kept === undefined) this.store.forget(question.key);
    else this.store.set(question.key, kept, ttl + staleTtl);
  }

  private mayStandIn(kept: Found): kept is StoredAnswer {
    if (kept === undefined || this.settings.staleTtl === 0) return false;
    return Date.now() < kept.freshUntil + this.settings.staleTtl;
  }

  private storeFailed(error: unknown): void {
    this.logger.warn(`The store of cached decisions failed: ${String(error)}`);
  }
}

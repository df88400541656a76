import { Logger } from '@nestjs/common';
import type { BaseEngine, EngineAnswer, EvaluateOptions, MaybePromise, Query } from '../contracts/index.js';
import { andThen, isGone, orElse } from '../contracts/index.js';
import { EngineWrapper } from './engine-wrapper.js';

/** The time that the bundle has at least, in milliseconds: the deadline has often passed when OPA has failed. */
const FALLBACK_MS = 100;

/** Evaluates by the bundle when OPA can't be reached or is late. An overload is no reason for the fallback. */
export class BundleFallbackEngine extends EngineWrapper {
  private readonly logger = new Logger(BundleFallbackEngine.name);

  constructor(
    engine: BaseEngine,
    private readonly bundle: BaseEngine,
  ) {
    super(engine);
  }

  evaluateNow(query: Query, options: EvaluateOptions): MaybePromise<EngineAnswer> {
    return orElse(
      () => this.engine.evaluateNow(query, options),
      (error) => this.evaluateByBundle(error, query, options),
    );
  }

  /** The bundle is always there to decide. */
  override async ready(signal?: AbortSignal): Promise<void> {
    await this.bundle.ready?.(signal);
  }

  override async close(): Promise<void> {
    await this.bundle.close?.();
    await super.close();
  }

  private evaluateByBundle(
    error: unknown,
    query: Query,
    options: EvaluateOptions,
  ): MaybePromise<EngineAnswer> {
    if (!isGone(error)) throw error;
    this.logger.warn(`The bundle decides "${query.policy}": ${error.code}: ${error.message}`);
    const deadline = Math.max(options.deadline, performance.now() + FALLBACK_MS);
    return andThen(this.bundle.evaluateNow(query, { ...options, deadline }), (answer) => ({
      ...answer,
      engine: this.bundle.name,
      degraded: 'bundle',
    }));
  }
}

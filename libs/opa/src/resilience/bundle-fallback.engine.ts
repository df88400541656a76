import { Logger } from '@nestjs/common';
import type { BaseEngine, EngineAnswer, EvaluateOptions, MaybePromise, Query } from '../contracts/index.js';
import { andThen, isUnavailable, orElse } from '../contracts/index.js';
import { EngineWrapper } from './engine-wrapper.js';

/** The shortest time for the bundle, in milliseconds. The deadline has often passed when OPA fails. */
const FALLBACK_MS = 100;

/** Evaluates with the bundle when OPA is unreachable or late. An overload does not lead to the bundle. */
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

  /** The bundle can always decide, so the readiness of OPA does not count. */
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
    if (!isUnavailable(error)) throw error;
    this.logger.warn(`OPA failed, and the bundle decides "${query.policy}": ${error.code}: ${error.message}`);
    const deadline = Math.max(options.deadline, performance.now() + FALLBACK_MS);
    return andThen(this.bundle.evaluateNow(query, { ...options, deadline }), (answer) => ({
      ...answer,
      engine: this.bundle.name,
      degraded: 'bundle',
    }));
  }
}

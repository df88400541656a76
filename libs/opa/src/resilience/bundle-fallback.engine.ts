import { Logger } from '@nestjs/common';
import type { EngineAnswer, EvaluateOptions, PolicyEngine, Query } from '../contracts/index.js';
import { isGone } from '../contracts/index.js';
import { EngineWrapper } from './engine-wrapper.js';

/** How long the bundle may take at least, in milliseconds: when it is asked, the deadline has often passed. */
const FALLBACK_MS = 100;

/** Asks a second engine when the first one can't be reached or is late; overload is no reason. */
export class BundleFallbackEngine extends EngineWrapper {
  private readonly logger = new Logger(BundleFallbackEngine.name);

  constructor(
    engine: PolicyEngine,
    private readonly fallback: PolicyEngine,
  ) {
    super(engine);
  }

  async evaluate(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    try {
      return await this.engine.evaluate(query, options);
    } catch (error) {
      if (!isGone(error)) throw error;
      this.logger.warn(`The bundle decides "${query.policy}": ${error.code}: ${error.message}`);
      const deadline = Math.max(options.deadline, performance.now() + FALLBACK_MS);
      const answer = await this.fallback.evaluate(query, { ...options, deadline });
      return { ...answer, engine: this.fallback.name, degraded: 'bundle' };
    }
  }

  /** With a bundle at hand there is always somebody to decide. */
  override async ready(signal?: AbortSignal): Promise<void> {
    await this.fallback.ready?.(signal);
  }

  override async close(): Promise<void> {
    await this.fallback.close?.();
    await super.close();
  }
}

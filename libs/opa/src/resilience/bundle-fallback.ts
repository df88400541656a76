import { Logger } from '@nestjs/common';
import type { EngineAnswer, EvaluateOptions, PolicyEngine, Query } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';

/** Asks a second engine when the first one can't be reached or is late; overload is no reason. */
export class BundleFallbackEngine implements PolicyEngine {
  readonly name: string;
  private readonly logger = new Logger(BundleFallbackEngine.name);

  constructor(
    private readonly engine: PolicyEngine,
    private readonly fallback: PolicyEngine,
  ) {
    this.name = engine.name;
  }

  async evaluate(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    try {
      return await this.engine.evaluate(query, options);
    } catch (error) {
      if (!isGone(error)) throw error;
      this.logger.warn(`The bundle decides "${query.policy}": ${error.code}: ${error.message}`);
      // The deadline may have passed; the bundle answers at once.
      const answer = await this.fallback.evaluate(query, { ...options, deadline: Infinity });
      return { ...answer, engine: this.fallback.name, degraded: 'bundle' };
    }
  }

  /** With a bundle at hand there is always somebody to decide. */
  async ready(signal?: AbortSignal): Promise<void> {
    await this.fallback.ready?.(signal);
  }

  async close(): Promise<void> {
    await this.fallback.close?.();
    await this.engine.close?.();
  }
}

function isGone(error: unknown): error is OpaError {
  return (
    error instanceof OpaError &&
    (error.code === 'OPA_UNREACHABLE' || error.code === 'OPA_TIMEOUT' || error.code === 'OPA_CIRCUIT_OPEN')
  );
}

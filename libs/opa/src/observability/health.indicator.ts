import type { PolicyEngine } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';

/** A health result in the form that `@nestjs/terminus` reads. */
export type OpaHealth<K extends string = string> = Record<
  K,
  { readonly status: 'up' } | { readonly status: 'down'; readonly code: string }
>;

/**
 * Tells whether the engine can decide. Use it with `@nestjs/terminus`, or alone.
 *
 * @example
 * ```ts
 * import { Controller, Get } from '@nestjs/common';
 * import { OpaHealthIndicator, OpaPublic } from 'nestjs-opa';
 *
 * @Controller('health')
 * export class HealthController {
 *   constructor(private readonly opaHealth: OpaHealthIndicator) {}
 *
 *   // With @nestjs/terminus: this.health.check([() => this.opaHealth.isHealthy()])
 *   @Get()
 *   @OpaPublic()
 *   check() {
 *     return this.opaHealth.isHealthy();
 *   }
 * }
 * ```
 */
export class OpaHealthIndicator {
  constructor(private readonly engine: Pick<PolicyEngine, 'ready'>) {}

  /**
   * Checks whether the engine is ready. The promise never rejects, because Terminus reads `status`.
   *
   * @param key - the name in the result. Default: `opa`
   */
  async isHealthy<K extends string = 'opa'>(key: K = 'opa' as K): Promise<OpaHealth<K>> {
    try {
      await this.engine.ready?.();
      return { [key]: { status: 'up' } } as OpaHealth<K>;
    } catch (error) {
      const code = error instanceof OpaError ? error.code : 'OPA_UNREACHABLE';
      return { [key]: { status: 'down', code } } as OpaHealth<K>;
    }
  }
}

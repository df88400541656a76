import type { PolicyEngine } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';

/** A health result in the form of Terminus. */
export type OpaHealth<K extends string = string> = Record<
  K,
  { readonly status: 'up' } | { readonly status: 'down'; readonly code: string }
>;

/** Tells whether decisions can be had; for `@nestjs/terminus`, or as it is. */
export class OpaHealthIndicator {
  constructor(private readonly engine: Pick<PolicyEngine, 'ready'>) {}

  /**
   * Asks the engine. It never rejects: Terminus reads `status`.
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

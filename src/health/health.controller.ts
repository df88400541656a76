import { Controller, Get, Logger, Optional, ServiceUnavailableException } from '@nestjs/common';
import { OpaPublic } from 'nestjs-opa';
import { OpaInstances } from '../instances/opa-instances.js';
import { RedisConnection } from '../redis/redis-connection.js';

/** The timeout of a readiness check, in milliseconds. */
const READY_TIMEOUT_MS = 1_000;

/** The response of a readiness check, in the form of Nest's Terminus. */
export interface Readiness {
  readonly status: 'ok';
  /** The services that the gateway can do without; absent without any. */
  readonly details?: { readonly redis: { readonly status: 'up' | 'down' } };
}

/** The health checks for an orchestrator, such as Kubernetes. */
@Controller('health')
@OpaPublic()
export class HealthController {
  private readonly logger = new Logger('Health');

  constructor(
    private readonly instances: OpaInstances,
    @Optional() private readonly redis?: RedisConnection,
  ) {}

  /** Liveness: the process answers requests. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /**
   * Readiness: every OPA instance in use can decide. The response names the state of Redis, when the file has a Redis. A
   * gateway without Redis stays ready: it still serves most requests, and all replicas would lose Redis at once.
   *
   * @throws ServiceUnavailableException when an instance is not ready within a second
   */
  @Get('ready')
  async ready(): Promise<Readiness> {
    try {
      const signal = AbortSignal.timeout(READY_TIMEOUT_MS);
      await Promise.all(this.instances.inUse.map((opa) => opa.ready(signal)));
    } catch (error) {
      this.logger.warn(`not ready: ${error instanceof Error ? error.message : 'unknown error'}`);
      throw new ServiceUnavailableException('Not ready');
    }
    if (this.redis === undefined) return { status: 'ok' };
    return { status: 'ok', details: { redis: { status: (await this.redis.isUp()) ? 'up' : 'down' } } };
  }
}

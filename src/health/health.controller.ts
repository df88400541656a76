import { Controller, Get, Logger, Optional, ServiceUnavailableException } from '@nestjs/common';
import { OpaPublic } from 'nestjs-opa';
import { OpaInstances } from '../instances/opa-instances.js';
import { RedisConnection } from '../redis/redis-connection.js';

/** The timeout of a readiness check, in milliseconds. */
const READY_TIMEOUT_MS = 1_000;

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
   * Readiness: every OPA instance in use can decide, and Redis answers when the file names one.
   *
   * @throws ServiceUnavailableException when an instance or Redis is not ready within a second
   */
  @Get('ready')
  async ready(): Promise<{ status: 'ok' }> {
    try {
      const signal = AbortSignal.timeout(READY_TIMEOUT_MS);
      await Promise.all([...this.instances.inUse.map((opa) => opa.ready(signal)), this.redis?.assertReady()]);
    } catch (error) {
      this.logger.warn(`not ready: ${error instanceof Error ? error.message : 'unknown error'}`);
      throw new ServiceUnavailableException('Not ready');
    }
    return { status: 'ok' };
  }
}

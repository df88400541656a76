import { Controller, Get, Logger, ServiceUnavailableException } from '@nestjs/common';
import { OpaPublic } from 'nestjs-opa';
import { OpaInstances } from '../instances/opa-instances.js';

/** How long a readiness check may take, in milliseconds. */
const READY_TIMEOUT_MS = 1_000;

/** What an orchestrator asks. */
@Controller('health')
@OpaPublic()
export class HealthController {
  private readonly logger = new Logger('Health');

  constructor(private readonly instances: OpaInstances) {}

  /** The process answers. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Decisions can be made, about every entry. */
  @Get('ready')
  async ready(): Promise<{ status: 'ok' }> {
    try {
      const signal = AbortSignal.timeout(READY_TIMEOUT_MS);
      await Promise.all(this.instances.inUse.map((opa) => opa.ready(signal)));
    } catch (error) {
      this.logger.warn(`not ready: ${error instanceof Error ? error.message : 'unknown error'}`);
      throw new ServiceUnavailableException('Not ready');
    }
    return { status: 'ok' };
  }
}

import { Controller, Get, Logger, ServiceUnavailableException } from '@nestjs/common';
import { OpaPublic, OpaService } from 'nestjs-opa';

/** How long a readiness check may take, in milliseconds. */
const READY_TIMEOUT_MS = 1_000;

/** What an orchestrator asks. */
@Controller('health')
@OpaPublic()
export class HealthController {
  private readonly logger = new Logger('Health');

  constructor(private readonly opa: OpaService) {}

  /** The process answers. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Decisions can be made. */
  @Get('ready')
  async ready(): Promise<{ status: 'ok' }> {
    try {
      await this.opa.ready(AbortSignal.timeout(READY_TIMEOUT_MS));
    } catch (error) {
      this.logger.warn(`not ready: ${error instanceof Error ? error.message : 'unknown error'}`);
      throw new ServiceUnavailableException('Not ready');
    }
    return { status: 'ok' };
  }
}

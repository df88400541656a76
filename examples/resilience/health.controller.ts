import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService } from '@nestjs/terminus';
import { OpaHealthIndicator, OpaPublic } from 'nestjs-opa';

/** Reports whether an OPA can decide. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly opa: OpaHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  @OpaPublic()
  check() {
    return this.health.check([() => this.opa.isHealthy()]);
  }
}

import type { ExecutionContext } from '@nestjs/common';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import type { Decision, OpaModuleOptions } from 'nestjs-opa';
import { OpaDecision, OpaGuard, OpaHealthIndicator, OpaPolicy, OpaPublic } from 'nestjs-opa';

interface Request {
  readonly method: string;
  readonly url: string;
  readonly params: Readonly<Record<string, string>>;
  readonly user?: unknown;
}

/** What the policies need to know, and nothing that differs each time, such as a request's id: it is the cache's key. */
const shape = (context: ExecutionContext) => {
  const { method, url, params, user = { type: 'anonymous' } } = context.switchToHttp().getRequest<Request>();
  return { subject: user, request: { method, path: url, params } };
};

/** The module's options: asked in order, remembered for a while, and used for longer when nobody answers. */
export const resilient = (url: readonly string[]): OpaModuleOptions => ({
  url,
  input: { shape },
  cache: { max: 10_000, allowTtl: 60_000, denyTtl: 1_000, staleTtl: 600_000 },
  onUnavailable: 'stale',
});

/** Orders, which tell how their decision was made. */
@Controller('orders')
@UseGuards(OpaGuard)
export class OrdersController {
  @Get('latest')
  @OpaPolicy('orders/latest')
  latest(@OpaDecision() { cached, degraded }: Decision) {
    return { cached, degraded };
  }

  @Get('count')
  @OpaPolicy('orders/count')
  count(@OpaDecision() { cached, degraded }: Decision) {
    return { cached, degraded };
  }

  @Get(':id')
  @OpaPolicy('orders/read')
  read(@OpaDecision() { cached, degraded }: Decision) {
    return { cached, degraded };
  }
}

/** Whether one of the OPAs can decide. */
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

/** The application. */
@Module({ imports: [TerminusModule], controllers: [OrdersController, HealthController] })
export class ResilienceExample {}

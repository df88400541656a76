import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import type { Decision } from 'nestjs-opa';
import { OpaDecision, OpaGuard, OpaPolicy } from 'nestjs-opa';
import { HealthController } from './health.controller.js';

/** Orders. Each result says how its decision was made. */
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

/** The application. */
@Module({ imports: [TerminusModule], controllers: [OrdersController, HealthController] })
export class ResilienceExample {}

import { Controller, Get, Module, UseGuards, UseInterceptors } from '@nestjs/common';
import type { Decision, OpaModuleOptions } from 'nestjs-opa';
import { OpaDecision, OpaGuard, OpaInterceptor, OpaPolicy } from 'nestjs-opa';

// opa build -t plan -e orders/read -e orders/view policy.rego

/** Options for an application without an OPA server. The bundle must have an entrypoint for `policy`. */
export const embedded = (bundle: string): OpaModuleOptions => ({ bundle, policy: 'orders/read' });

/** Options for an application with an OPA server. The bundle decides only while OPA is unreachable or late. */
export const fallback = (url: string, bundle: string): OpaModuleOptions => ({
  url,
  bundle,
  policy: 'orders/read',
});

/** Orders. Each result names the engine that decided. */
@Controller('orders')
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor)
export class OrdersController {
  @Get(':id')
  @OpaPolicy('orders/read', { response: 'orders/view' })
  read(@OpaDecision() { engine, degraded }: Decision) {
    return { id: 1, email: 'ada@example.com', engine, degraded };
  }
}

/** The application. */
@Module({ controllers: [OrdersController] })
export class EmbeddedExample {}

import { Controller, Delete, Get, Module, UseGuards, UseInterceptors } from '@nestjs/common';
import type { Obligation, OpaObligationHandler, OpaObligationScene } from 'nestjs-opa';
import { OpaGuard, OpaInterceptor, OpaObligation, OpaPolicy } from 'nestjs-opa';

/** Carries out obligations of the type `log`. This example only stores their messages. */
@OpaObligation('log')
export class LogObligation implements OpaObligationHandler {
  readonly entries: unknown[] = [];

  handle({ properties }: Obligation, { decision }: OpaObligationScene): void {
    this.entries.push({ policy: decision.policy, allowed: decision.allowed, ...properties });
  }
}

/** Customers. The response policy masks their list. */
@Controller('customers')
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor)
export class CustomersController {
  @Get()
  @OpaPolicy('customers/read', { response: 'customers/view' })
  list() {
    return [
      { name: 'Ann', email: 'ann@example.com', private: false },
      { name: 'Bob', email: 'bob@example.com', private: true },
      { name: 'Cid', email: 'cid@example.com', private: false },
    ];
  }

  @Delete()
  @OpaPolicy('customers/remove')
  remove() {
    return 'removed';
  }
}

/** The application. */
@Module({ controllers: [CustomersController], providers: [LogObligation] })
export class ObligationsExample {}

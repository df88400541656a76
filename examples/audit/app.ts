import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { MessagePattern } from '@nestjs/microservices';
import { OpaGuard, OpaPolicy, OpaPublic } from 'nestjs-opa';

/** HTTP handlers. The application's guard runs before them. */
@Controller('orders')
export class OrdersController {
  @Get('health')
  @OpaPublic()
  health() {
    return 'ok';
  }

  @Get(':id')
  @OpaPolicy('orders/read')
  read() {
    return 'an order';
  }
}

/** Handlers of a connected microservice. The application's guard does not run there, so this class has its own guard. */
@Controller()
@UseGuards(OpaGuard)
export class OrderMessages {
  @MessagePattern('orders.read')
  @OpaPolicy('orders/read')
  read() {
    return 'an order';
  }
}

/** The same handlers without a guard. Their policy is never evaluated, and the audit warns about them. */
@Controller()
export class ForgottenMessages {
  @MessagePattern('orders.remove')
  @OpaPolicy('orders/remove')
  remove() {
    return 'removed';
  }
}

/** The application. */
@Module({
  controllers: [OrdersController, OrderMessages, ForgottenMessages],
  providers: [{ provide: APP_GUARD, useExisting: OpaGuard }],
})
export class AuditExample {}

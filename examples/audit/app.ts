import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { MessagePattern } from '@nestjs/microservices';
import { OpaGuard, OpaPolicy, OpaPublic } from 'nestjs-opa';

/** Over HTTP, under the application's guard. */
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

/** Over a connected microservice, which the application's guard doesn't reach: a guard of its own. */
@Controller()
@UseGuards(OpaGuard)
export class OrderMessages {
  @MessagePattern('orders.read')
  @OpaPolicy('orders/read')
  read() {
    return 'an order';
  }
}

/** The same without one: its policy is never asked, and the audit says so. */
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

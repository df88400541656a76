import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Controller, Get, Injectable, Module, Param, UnauthorizedException } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { OpaGuard, OpaPolicy, OpaPublic } from 'nestjs-opa';
import { OrderListController, ORDERS } from './order-list.controller.js';

interface User {
  readonly id: string;
  readonly roles: readonly string[];
}

interface Request {
  readonly headers: Readonly<Record<string, string | undefined>>;
  user?: User;
}

const USERS: Readonly<Record<string, User>> = {
  ann: { id: 'ann', roles: [] },
  bob: { id: 'bob', roles: ['admin'] },
  mallory: { id: 'mallory', roles: ['admin'] },
};

/** Replace this by your own authentication guard. It stores the user on the request; OpaGuard reads the user from there. */
@Injectable()
export class DemoAuthGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    const user = USERS[request.headers['x-demo-user'] ?? ''];
    if (user === undefined) throw new UnauthorizedException();
    request.user = user;
    return true;
  }
}

/** Each handler has its own policies. The policy of the class applies to a handler that inherits it. */
@Controller('orders')
@OpaPolicy('orders/active')
export class OrdersController {
  @Get(':id')
  @OpaPolicy('orders/read', { inherit: true })
  read(@Param('id') id: string) {
    return ORDERS.find((order) => order.id === id);
  }

  @Get(':id/history')
  @OpaPolicy(['orders/read', 'orders/admin'], { combine: 'any' })
  history(@Param('id') id: string) {
    return { id, events: [] };
  }

  @Get('health/live')
  @OpaPublic()
  live() {
    return 'ok';
  }
}

/** Guards run in the order of the providers: authentication first, then OpaGuard. */
@Module({
  controllers: [OrderListController, OrdersController],
  providers: [
    { provide: APP_GUARD, useClass: DemoAuthGuard },
    { provide: APP_GUARD, useExisting: OpaGuard },
  ],
})
export class PoliciesExample {}

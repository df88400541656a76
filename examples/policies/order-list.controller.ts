import { Controller, Get, Req } from '@nestjs/common';
import { OpaPolicy, OpaService } from 'nestjs-opa';

/** Replace this list by your database. */
export const ORDERS = [
  { id: '1', owner: 'ann' },
  { id: '2', owner: 'bob' },
];

@Controller('orders')
export class OrderListController {
  constructor(private readonly opa: OpaService) {}

  @Get()
  @OpaPolicy('orders/active')
  list(@Req() request: { user: object }) {
    const query = { policy: 'orders/visible', input: { subject: request.user } };
    return this.opa.filter(ORDERS, { ...query, key: ({ id }) => id });
  }
}

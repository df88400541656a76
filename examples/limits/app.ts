import { Controller, Delete, Module, Param, UseGuards } from '@nestjs/common';
import { Redis } from 'ioredis';
import { OpaGuard, OpaPolicy } from 'nestjs-opa';
import { LimitObligation } from 'nestjs-opa/limit';

@Controller('orders')
@UseGuards(OpaGuard)
class OrdersController {
  @Delete(':id')
  @OpaPolicy('limits/remove')
  remove(@Param('id') id: string): object {
    return { removed: id };
  }
}

@Module({ controllers: [OrdersController], providers: [LimitObligation] })
export class LimitsExample {}

/** The limiter counts in Redis, so all replicas share the counts. */
@Module({
  providers: [
    { provide: Redis, useFactory: () => new Redis('redis://127.0.0.1:6379', { keyPrefix: 'shop:' }) },
    {
      provide: LimitObligation,
      useFactory: (redis: Redis) => new LimitObligation({ redis, timeout: 500 }),
      inject: [Redis],
    },
  ],
})
export class SharedLimits {}

import type { ExecutionContext } from '@nestjs/common';
import {
  Body,
  ClassSerializerInterceptor,
  Controller,
  Get,
  Injectable,
  Module,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Req,
  UseGuards,
  UseInterceptors,
  ValidationPipe,
} from '@nestjs/common';
import { CacheInterceptor, CacheModule } from '@nestjs/cache-manager';
import { AuthGuard } from '@nestjs/passport';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { IsInt, IsString, Min } from 'class-validator';
import type { OpaInputProvider } from 'nestjs-opa';
import { OpaDecides, OpaGuard, OpaInput, OpaInterceptor, OpaPolicy, OpaService } from 'nestjs-opa';
import { Repository } from 'typeorm';
import { Order, User } from './entities.js';

interface OrderRequest {
  readonly params: { readonly id?: string };
  readonly user: User;
}

export class NewOrder {
  @IsString()
  item!: string;

  @IsInt()
  @Min(1)
  cost!: number;
}

/** Loads the order that a request is about, so that the policy can compare its owner. */
@Injectable()
export class OrderInput implements OpaInputProvider {
  constructor(@InjectRepository(Order) private readonly orders: Repository<Order>) {}

  async build(context: ExecutionContext) {
    const { params } = context.switchToHttp().getRequest<OrderRequest>();
    const order = await this.orders.findOneBy({ id: Number(params.id) });
    if (order === null) throw new NotFoundException();
    return { resource: { type: 'order', id: String(order.id), owner: order.owner.id } };
  }
}

@Controller('orders')
@UseGuards(AuthGuard('jwt'), OpaGuard)
@UseInterceptors(OpaInterceptor, ClassSerializerInterceptor)
export class OrdersController {
  constructor(
    @InjectRepository(Order) private readonly orders: Repository<Order>,
    private readonly opa: OpaService,
  ) {}

  @Get()
  @OpaPolicy('orders/list', { response: 'orders/view_all' })
  list() {
    return this.orders.find({ order: { id: 'ASC' } });
  }

  @Get(':id')
  @OpaInput(OrderInput)
  @OpaPolicy('orders/read', { response: 'orders/view' })
  read(@Param('id', ParseIntPipe) id: number) {
    return this.orders.findOneByOrFail({ id });
  }

  @Post()
  @OpaDecides('orders/create')
  async create(@Body(new ValidationPipe()) { item, cost }: NewOrder, @Req() { user }: OrderRequest) {
    await this.opa.enforce({ policy: 'orders/create', input: { subject: { id: user.id }, cost } });
    return this.orders.save(this.orders.create({ item, cost, owner: user }));
  }
}

/** The serializer runs after the policy here: the policy sees more than what leaves, and the audit warns. */
@Controller('archive')
@UseGuards(AuthGuard('jwt'), OpaGuard)
@UseInterceptors(ClassSerializerInterceptor, OpaInterceptor)
export class ArchiveController {
  constructor(@InjectRepository(Order) private readonly orders: Repository<Order>) {}

  @Get(':id')
  @OpaInput(OrderInput)
  @OpaPolicy('orders/read', { response: 'orders/view' })
  read(@Param('id', ParseIntPipe) id: number) {
    return this.orders.findOneByOrFail({ id });
  }
}

/** What is cached is the handler's result; each caller's own policy decides about it afterwards. */
@Controller('prices')
@UseGuards(AuthGuard('jwt'), OpaGuard)
@UseInterceptors(OpaInterceptor, CacheInterceptor)
export class PricesController {
  private computed = 0;

  @Get()
  @OpaPolicy('prices/read', { response: 'prices/view' })
  read() {
    this.computed += 1;
    return { tea: 3, margin: 0.4, computed: this.computed };
  }
}

/** A slip: this cache would answer one user with what another one may see. */
@Controller('leaks')
@UseGuards(AuthGuard('jwt'), OpaGuard)
@UseInterceptors(CacheInterceptor, OpaInterceptor)
export class LeakingController {
  @Get()
  @OpaPolicy('prices/read', { response: 'prices/view' })
  read() {
    return { tea: 3, margin: 0.4 };
  }
}

@Module({
  imports: [TypeOrmModule.forFeature([Order, User]), CacheModule.register()],
  providers: [OrderInput],
  controllers: [OrdersController, ArchiveController, PricesController],
})
export class OrdersModule {}

@Module({ imports: [CacheModule.register()], controllers: [LeakingController] })
export class LeakingModule {}

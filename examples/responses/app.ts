import type { ExecutionContext } from '@nestjs/common';
import {
  Controller,
  Get,
  Res,
  Module,
  Param,
  StreamableFile,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaGuard, OpaInterceptor, OpaPolicy } from 'nestjs-opa';

const ORDERS = [
  { id: '1', item: 'tea', cost: 3, customer: { name: 'Ada', email: 'ada@example.com' }, sealed: false },
  { id: '2', item: 'coffee', cost: 5, customer: { name: 'Alan', email: 'alan@example.com' }, sealed: true },
];

const FILES: Readonly<Record<string, string>> = {
  items: 'id;item\n1;tea\n2;coffee\n',
  customers: 'id;email\n1;ada@example.com\n2;alan@example.com\n',
};

interface Response {
  setHeader(name: string, value: string): unknown;
}

/** Orders. The response policies decide what a client sees of a result. */
@Controller('orders')
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor)
export class OrdersController {
  @Get(':id')
  @OpaPolicy('orders/read', { response: 'orders/view' })
  read(@Param('id') id: string, @Res({ passthrough: true }) response: Response) {
    response.setHeader('x-kind', 'order');
    return ORDERS.find((order) => order.id === id);
  }

  @Get('files/:name')
  @OpaPolicy('orders/read', { response: 'orders/export' })
  file(@Param('name') name: string) {
    return new StreamableFile(Buffer.from(FILES[name] ?? ''), { type: 'text/csv' });
  }
}

/** Replace this by your own authentication guard. */
const subject = (context: ExecutionContext) => {
  const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>();
  return { role: headers['x-demo-role'] };
};

/** The module's options. */
export const options = (url: string): OpaModuleOptions => ({ url, input: { subject } });

/** The application. */
@Module({ controllers: [OrdersController] })
export class ResponsesExample {}

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication, NestHybridApplicationOptions, Type } from '@nestjs/common';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { ClientProxy, MicroserviceOptions } from '@nestjs/microservices';
import { MessagePattern } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { OpaGuard, OpaModule, OpaPolicy } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import type { CallResult } from './driver.js';
import { ON_TCP, sent, tcpClient } from './drivers/rpc.js';

@Controller('orders')
@UseGuards(OpaGuard)
class Guarded {
  @Get() @OpaPolicy('orders/http') list() {
    return 'listed';
  }
  @MessagePattern('orders.list') @OpaPolicy('orders/rpc') listed() {
    return 'listed';
  }
}

@Controller('orders')
class Bare {
  @Get() @OpaPolicy('orders/http') list() {
    return 'listed';
  }
  @MessagePattern('orders.list') @OpaPolicy('orders/rpc') listed() {
    return 'listed';
  }
}

let engine: TestEngine;
let app: INestApplication;
let client: ClientProxy;

async function start(
  controller: Type,
  guard: 'global' | 'none',
  how?: NestHybridApplicationOptions,
): Promise<void> {
  const module = await Test.createTestingModule({
    imports: [OpaModule.forRoot({ engine })],
    controllers: [controller],
    providers: guard === 'global' ? [{ provide: APP_GUARD, useExisting: OpaGuard }] : [],
  }).compile();
  app = module.createNestApplication();
  const microservice = app.connectMicroservice<MicroserviceOptions>(ON_TCP, how);
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  client = tcpClient(microservice);
}

const overHttp = async (): Promise<number> => (await fetch(`${await app.getUrl()}/orders`)).status;
const overTcp = (): Promise<CallResult> => sent(client, 'orders.list', {});

beforeEach(() => {
  engine = new TestEngine({ 'orders/http': false, 'orders/rpc': false });
});
afterEach(async () => {
  await client.close();
  await app.close();
});

describe('a hybrid application', () => {
  it('decides HTTP requests and messages with @UseGuards, each with its own input', async () => {
    await start(Guarded, 'none');
    expect(await overHttp()).toBe(403);
    expect(await overTcp()).toMatchObject({ error: { code: 'FORBIDDEN' } });
    engine.answer('orders/http', true).answer('orders/rpc', true);
    expect(await overHttp()).toBe(200);
    expect(await overTcp()).toEqual({ result: 'listed' });
    expect(engine.questions.slice(2)).toMatchObject([
      { policy: 'orders/http', input: { resource: { type: 'route', id: '/orders' } } },
      { policy: 'orders/rpc', input: { resource: { type: 'pattern', id: 'orders.list' } } },
    ]);
  });

  it('decides messages with APP_GUARD and inheritAppConfig', async () => {
    await start(Bare, 'global', { inheritAppConfig: true });
    expect(await overHttp()).toBe(403);
    expect(await overTcp()).toMatchObject({ error: { code: 'FORBIDDEN' } });
  });

  it('does not decide messages with APP_GUARD alone, because Nest runs no global guard there', async () => {
    await start(Bare, 'global');
    expect(await overHttp()).toBe(403);
    expect(await overTcp()).toEqual({ result: 'listed' });
    expect(engine.questions.map(({ policy }) => policy)).toEqual(['orders/http']);
  });

  it('evaluates one query for a message where the guard runs twice', async () => {
    await start(Guarded, 'global', { inheritAppConfig: true });
    engine.answer('orders/rpc', true);
    expect(await overTcp()).toEqual({ result: 'listed' });
    expect(engine.questions).toHaveLength(1);
  });
});

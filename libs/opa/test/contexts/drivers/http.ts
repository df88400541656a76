import type { DynamicModule, INestApplication } from '@nestjs/common';
import { Controller, Get, Param, UseGuards, UseInterceptors } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { OpaGuard, OpaInterceptor, OpaPolicy, OpaPublic } from 'nestjs-opa';
import type { ContextDriver, HandlerName, RunningContext, CallResult } from '../driver.js';
import { order } from '../driver.js';

function controller(called: (handler: HandlerName) => void): new () => object {
  @Controller('orders')
  @UseGuards(OpaGuard, OpaGuard)
  @UseInterceptors(OpaInterceptor)
  class Orders {
    @Get('read/:id') @OpaPolicy('orders/read', { response: 'orders/view' }) read(@Param('id') id: string) {
      called('read');
      return order(id);
    }
    @Get('remove/:id') @OpaPolicy('orders/remove') remove(@Param('id') id: string) {
      called('remove');
      return order(id);
    }
    @Get('open/:id') @OpaPublic() open() {
      called('open');
      return 'open';
    }
    @Get('unnamed/:id') unnamed() {
      called('unnamed');
      return 'unnamed';
    }
    @Get('shadow/:id') @OpaPolicy('orders/shadow', { mode: 'permissive' }) shadow(@Param('id') id: string) {
      called('shadow');
      return order(id);
    }
  }
  return Orders;
}

async function resultOf(response: Response): Promise<CallResult> {
  const text = await response.text();
  const json = (response.headers.get('content-type') ?? '').includes('json');
  const body: unknown = json ? JSON.parse(text) : text;
  if (response.ok) return { result: body };
  const { message, reasons, decisionId, ...rest } = body as Record<string, never>;
  const header = response.headers.get('retry-after');
  const retryAfter = header === null ? undefined : Number(header);
  return {
    error: { code: response.status, message: String(message), reasons, decisionId, retryAfter, rest },
  };
}

const driver = (name: string, adapter: () => AbstractHttpAdapter): ContextDriver => ({
  name,
  column: 'http',
  input: {
    subject: { type: 'anonymous' },
    action: { name: 'GET' },
    resource: { type: 'route', id: '/orders/read/:id' },
    context: {},
    request: {
      method: 'GET',
      path: '/orders/read/7',
      route: '/orders/read/:id',
      params: { id: '7' },
      query: {},
    },
  },
  start: async (opa: DynamicModule, called): Promise<RunningContext> => {
    const module = Test.createTestingModule({ imports: [opa], controllers: [controller(called)] });
    const app: INestApplication = (await module.compile()).createNestApplication(adapter());
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    return {
      call: async (handler, id) => resultOf(await fetch(`${url}/orders/${handler}/${id}`)),
      close: () => app.close(),
    };
  },
});

/** Plain HTTP on Express. */
export const express = driver('HTTP, Express', () => new ExpressAdapter());

/** Plain HTTP on Fastify. */
export const fastify = driver('HTTP, Fastify', () => new FastifyAdapter());

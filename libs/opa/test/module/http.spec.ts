import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Controller, Get, Post, StreamableFile, UseGuards, UseInterceptors } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { Decision } from 'nestjs-opa';
import {
  OpaDecision,
  OpaError,
  OpaGuard,
  OpaInput,
  OpaInterceptor,
  OpaModule,
  OpaPolicy,
  OpaPublic,
  OpaService,
} from 'nestjs-opa';
import type { TestAnswer } from 'nestjs-opa/testing';
import { TestEngine } from 'nestjs-opa/testing';
import type { OpaModuleOptions } from 'nestjs-opa';
import { of } from 'rxjs';

const order = { id: 1, customer: { name: 'Ann', email: 'ann@example.test' }, notes: ['a', 'b'] };

@Controller('orders')
@UseGuards(OpaGuard, OpaGuard)
@UseInterceptors(OpaInterceptor)
@OpaPolicy('orders/class')
class OrdersController {
  @Get('public')
  @OpaPublic()
  open() {
    return { open: true };
  }

  @Get('view/value')
  @OpaPolicy('orders/read', { response: 'orders/view' })
  value() {
    return order;
  }

  @Get('view/observable')
  @OpaPolicy('orders/read', { response: 'orders/view' })
  observable() {
    return of({ first: 1 }, order);
  }

  @Get('view/stream')
  @OpaPolicy('orders/read', { response: 'orders/view' })
  stream() {
    return new StreamableFile(Buffer.from(JSON.stringify(order)), { type: 'application/json' });
  }

  @Get('view/text')
  @OpaPolicy('orders/read', { response: 'orders/view' })
  text() {
    return 'ann@example.test';
  }

  @Get('view/large')
  @OpaPolicy('orders/read', { response: 'orders/view' })
  large() {
    return new StreamableFile(Buffer.alloc(5 * 1024 * 1024, 'x'));
  }

  @Get('input')
  @OpaInput(() => ({ context: { tenant: 't1' } }))
  input() {
    return 'ok';
  }

  @Post()
  @OpaPolicy('orders/write')
  write(@OpaDecision() decision: Decision) {
    return { outcome: decision.outcome, policy: decision.policy };
  }

  @Get(':id')
  read(@OpaDecision() decision: Decision) {
    return { policy: decision.policy };
  }
}

@Controller('unnamed')
@UseGuards(OpaGuard)
class UnnamedController {
  @Get()
  get() {
    return 'reached';
  }
}

interface Started {
  readonly app: INestApplication;
  readonly engine: TestEngine;
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
}

const adapters = { express: () => new ExpressAdapter(), fastify: () => new FastifyAdapter() };

async function start(
  adapter: keyof typeof adapters,
  policies: Record<string, TestAnswer>,
  options: OpaModuleOptions = {},
): Promise<Started> {
  const engine = new TestEngine(policies);
  const module = await Test.createTestingModule({
    imports: [OpaModule.forRoot({ engine, ...options })],
    controllers: [OrdersController, UnnamedController],
  }).compile();
  const app = module.createNestApplication(adapters[adapter](), { logger: false });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return { app, engine, fetch: (path, init) => fetch(url + path, init) };
}

describe.each(['express', 'fastify'] as const)('guard and interceptor on %s', (adapter) => {
  let started: Started | undefined;
  const begin = async (...args: [Record<string, TestAnswer>, OpaModuleOptions?]) =>
    (started = await start(adapter, ...args));

  afterEach(async () => {
    await started?.app.close();
    started = undefined;
  });

  it('evaluate one query for a request, with the input that the contract defines', async () => {
    const { fetch, engine } = await begin({ 'orders/class': true });
    const answer = await fetch('/orders/7?expand=all&expand=none', {
      headers: { authorization: 'Bearer secret', 'x-request-id': 'r1' },
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ policy: 'orders/class' });
    expect(engine.questions).toHaveLength(1);
    const input = engine.questions[0]?.input as Record<string, Record<string, unknown>>;
    expect(input).toMatchObject({
      subject: { type: 'anonymous' },
      action: { name: 'GET' },
      resource: { type: 'route', id: '/orders/:id' },
      context: {},
      request: {
        method: 'GET',
        path: '/orders/7',
        route: '/orders/:id',
        params: { id: '7' },
        query: { expand: ['all', 'none'] },
      },
    });
    expect(input['request']?.['headers']).toHaveProperty('x-request-id', 'r1');
    expect(JSON.stringify(input)).not.toContain('secret');
  });

  it('use the policy of the handler before that of the class, and merge @OpaInput into the input', async () => {
    const { fetch, engine } = await begin({ 'orders/class': true, 'orders/write': { allow: true } });
    const written = await fetch('/orders', { method: 'POST' });
    expect(await written.json()).toEqual({ outcome: 'allow', policy: 'orders/write' });
    await fetch('/orders/input');
    expect(engine.questions[1]?.input).toMatchObject({ context: { tenant: 't1' }, action: { name: 'GET' } });
  });

  it('evaluate no policy for a public handler', async () => {
    const { fetch, engine } = await begin({});
    expect((await fetch('/orders/public')).status).toBe(200);
    expect(engine.questions).toHaveLength(0);
  });

  it.each([
    ['false', false, 403],
    ['undefined', undefined, 403],
    ['an object', { allow: false, reasons: ['closed'] }, 403],
    ["the policy's status", { allowed: false, http_status: 429, headers: { 'x-why': 'limits' } }, 429],
    ['text', 'true', 500],
    ['a text allow', { allow: 'true' }, 500],
    ['null', null, 500],
    ['{}', {}, 500],
    ['contradiction', { allow: true, allowed: false }, 500],
    ['unreachable', new OpaError('OPA_UNREACHABLE', 'at 10.0.0.1'), 503],
    ['circuit open', new OpaError('OPA_CIRCUIT_OPEN', 'open'), 503],
    ['overloaded', new OpaError('OPA_OVERLOADED', 'full'), 503],
    ['closed', new OpaError('OPA_CLOSED', 'closed'), 503],
    ['timeout', new OpaError('OPA_TIMEOUT', 'late'), 504],
    ['bad answer', new OpaError('OPA_BAD_ANSWER', 'html'), 500],
    ['policy error', new OpaError('OPA_POLICY_ERROR', 'conflict'), 500],
    ['unauthorized', new OpaError('OPA_UNAUTHORIZED', '401'), 500],
    ['bad input', new OpaError('OPA_BAD_INPUT', 'bigint'), 500],
    ["the client's bad input", new OpaError('OPA_BAD_INPUT', 'bigint', { clientFault: true }), 400],
    ['an obligation nobody carries out', { allow: true, obligations: [{ type: 'log' }] }, 403],
  ])('refuse: %s', async (_name, answer, status) => {
    const { fetch } = await begin({ 'orders/class': answer });
    const response = await fetch('/orders/1');
    expect(response.status).toBe(status);
    const body = (await response.json()) as Record<string, unknown>;
    expect(body['statusCode']).toBe(status);
    expect(JSON.stringify(body)).not.toContain('10.0.0.1');
    if (status >= 500) expect(Object.keys(body).sort()).toEqual(['error', 'message', 'statusCode']);
    expect(response.headers.has('retry-after')).toBe(status === 503);
    if (status === 429) expect(response.headers.get('x-why')).toBe('limits');
  });

  it('send the reasons of a denial', async () => {
    const { fetch } = await begin({ 'orders/class': { allow: false, reason: 'a', reasons: ['b'] } });
    expect(await (await fetch('/orders/1')).json()).toEqual({
      statusCode: 403,
      error: 'Forbidden',
      message: 'Forbidden by policy',
      reasons: ['a', 'b'],
    });
  });

  it('deny a handler without a policy, unless an option allows it', async () => {
    const denied = await begin({});
    expect((await denied.fetch('/unnamed')).status).toBe(403);
    await denied.app.close();
    const { fetch, engine } = await begin({}, { unguarded: 'allow' });
    expect((await fetch('/unnamed')).status).toBe(200);
    expect(engine.questions).toHaveLength(0);
  });

  it.each(['value', 'observable', 'stream'])('mask, remove and set headers on: %s', async (kind) => {
    const obligations = [
      { type: 'mask', properties: { paths: ['/customer/email'] } },
      { type: 'remove', properties: { path: '/notes/*' } },
      { type: 'header', properties: { name: 'x-masked', value: 'yes' } },
    ];
    const { fetch, engine } = await begin({
      'orders/read': true,
      'orders/view': { allow: true, obligations },
    });
    const response = await fetch(`/orders/view/${kind}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ id: 1, customer: { name: 'Ann', email: '***' }, notes: [] });
    expect(response.headers.get('x-masked')).toBe('yes');
    expect(order.customer.email).toBe('ann@example.test');
    expect(engine.questions[1]?.input).toMatchObject({
      request: { method: 'GET' },
      response: { status: 200, body: order },
    });
  });

  it.each([
    ['denied', { allow: false }, 'value', 403],
    ['undefined', undefined, 'stream', 403],
    ['unreachable', new OpaError('OPA_UNREACHABLE', 'gone'), 'stream', 503],
    ['an unknown obligation', { allow: true, obligations: [{ type: 'sing' }] }, 'value', 403],
    [
      'a malformed path',
      { allow: true, obligations: [{ type: 'mask', properties: { path: 'x' } }] },
      'value',
      403,
    ],
    [
      'a mask on text',
      { allow: true, obligations: [{ type: 'mask', properties: { path: '/a' } }] },
      'text',
      500,
    ],
    ['beyond the cap', true, 'large', 500],
  ])('send nothing of a result: %s', async (_name, answer, kind, status) => {
    const { fetch } = await begin({ 'orders/read': true, 'orders/view': answer });
    const response = await fetch(`/orders/view/${kind}`);
    expect(response.status).toBe(status);
    expect(await response.text()).not.toContain('ann@');
  });

  it('pass and mark in permissive mode, and evaluate no policy when disabled', async () => {
    const permissive = await begin({ 'orders/write': false }, { mode: 'permissive' });
    const response = await permissive.fetch('/orders', { method: 'POST' });
    expect(await response.json()).toMatchObject({ outcome: 'deny' });
    await permissive.app.close();
    const { fetch, engine } = await begin({ 'orders/write': false }, { mode: 'disabled' });
    expect(await (await fetch('/orders', { method: 'POST' })).json()).toMatchObject({ outcome: 'allow' });
    expect(engine.questions).toHaveLength(0);
  });

  it('use an overridden OpaService', async () => {
    const module = await Test.createTestingModule({
      imports: [OpaModule.forRoot()],
      controllers: [OrdersController],
    })
      .overrideProvider(OpaService)
      .useValue({ decide: () => Promise.resolve({ allowed: true, policy: 'fake' }) })
      .compile();
    const app = module.createNestApplication(adapters[adapter](), { logger: false });
    await app.listen(0, '127.0.0.1');
    const response = await fetch(`${await app.getUrl()}/orders/1`);
    await app.close();
    expect(await response.json()).toEqual({ policy: 'fake' });
  });
});

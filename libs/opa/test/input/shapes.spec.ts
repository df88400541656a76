import { afterEach, describe, expect, it } from '@jest/globals';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Controller, Get, Post, UseGuards } from '@nestjs/common';
import type { OpaInputOptions } from 'nestjs-opa';
import { OpaGuard } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { cleanUp, closing } from '../resilience/support.js';
import type { TestRequest } from '../support/app.js';
import { ADAPTERS, startApp } from '../support/app.js';
import { rows } from './shapes.table.js';

/** Who is named in `x-user`, as an authentication guard would find out. */
class Authenticated implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: unknown }>();
    const name = request.headers['x-user'];
    if (name !== undefined) request.user = name === 'nameless' ? {} : { sub: name, roles: ['viewer'] };
    return true;
  }
}

@Controller('orders')
@UseGuards(Authenticated, OpaGuard)
class Orders {
  @Get() list() {
    return 'list';
  }
  @Get('files/*') file() {
    return 'file';
  }
  @Post(':id') write() {
    return 'written';
  }
  @Get(':id') read() {
    return 'read';
  }
}

const SHAPES = ['default', 'authzen', 'envoy', 'contextforge'] as const;

afterEach(cleanUp);

describe.each(ADAPTERS)('the input on %s', (adapter) => {
  /** Sends a request to an application of its own, and gives the answer's status and the inputs as OPA would get them. */
  async function ask(
    sent: TestRequest,
    input: OpaInputOptions,
  ): Promise<{ status: number; inputs: unknown[] }> {
    const engine = new TestEngine({ 'a/b': true });
    const options = { engine, policy: 'a/b', input: { body: { maxBytes: 100 }, ...input } };
    const app = closing(await startApp(adapter, [Orders], options));
    const status = await app.send(sent);
    return {
      status,
      inputs: engine.questions.map((query) => JSON.parse(JSON.stringify(query.input)) as unknown),
    };
  }

  const table = Object.entries(rows).flatMap(([what, row]) =>
    SHAPES.map((shape) => [shape, what, row.sent, row[shape]] as const),
  );

  it.each(table)('in shape "%s": %s', async (shape, _what, sent, expected) => {
    const { inputs } = await ask(sent, { shape, headers: ['X-Tenant', 'X-User'] });
    expect(inputs).toStrictEqual([expected]);
  });

  const json = { 'content-type': 'application/json' };
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const large = JSON.stringify({ note: 'x'.repeat(100) });

  it.each([
    ['JSON', json, '[1,{"a":null}]', { parsed_body: [1, { a: null }], truncated_body: false }],
    ['a form', form, 'a=1&b=2&b=3', { parsed_body: { a: ['1'], b: ['2', '3'] }, truncated_body: false }],
    ['beyond the cap', json, large, { parsed_body: null, truncated_body: true }],
    ['none', {}, undefined, { parsed_body: null, truncated_body: false }],
  ])(
    'in shape "envoy" has the body as opa-envoy-plugin parses it: %s',
    async (_what, headers, body, expected) => {
      const sent = { method: 'POST', target: '/orders/7', headers, ...(body !== undefined && { body }) };
      const { inputs } = await ask(sent, { shape: 'envoy' });
      expect(inputs).toEqual([expect.objectContaining(expected)]);
    },
  );

  it.each([
    ['JSON, as it would be written again', json, ' { "a" : 1 } ', { size: 13, body: '{"a":1}' }],
    ['of a length nobody told', { ...json, 'transfer-encoding': 'chunked' }, '{}', { size: -1, body: '{}' }],
    ['a form, which is not kept', form, 'a=1', { size: 3, body: undefined }],
    ['beyond the cap', json, large, { size: large.length, body: undefined }],
  ])('in shape "envoy" has size and raw body: %s', async (_what, headers, body, { size, body: raw }) => {
    const { inputs } = await ask({ method: 'POST', target: '/orders/7', headers, body }, { shape: 'envoy' });
    const [{ attributes }] = inputs as [{ attributes: { request: { http: Record<string, unknown> } } }];
    expect([attributes.request.http['size'], attributes.request.http['body']]).toEqual([size, raw]);
  });

  it.each([
    ['default', { request: { truncated: true } }],
    ['authzen', { context: { truncated: true } }],
    ['contextforge', { payload: { truncated: true } }],
  ] as const)('in shape "%s" marks a body above the size limit', async (shape, expected) => {
    const sent = { method: 'POST', target: '/orders/7', headers: json, body: large };
    const { inputs } = await ask(sent, { shape });
    expect(inputs).toMatchObject([expected]);
    expect(JSON.stringify(inputs)).not.toContain('xxx');
  });

  it('has no body by default', async () => {
    const sent = { method: 'POST', target: '/orders/7', headers: json, body: '{"a":"s3cret"}' };
    for (const shape of SHAPES) {
      const { inputs } = await ask(sent, { shape, body: false });
      expect(inputs).toHaveLength(1);
      expect(JSON.stringify(inputs)).not.toMatch(/s3cret|"body"|"truncated"/);
    }
  });

  it.each([
    ['a whole URL', 'http://elsewhere.test/orders/7?x=1', '/orders/7'],
    ['encoded characters', '/orders/a%2Fb', '/orders/a%2Fb'],
    ['a question mark in the query', '/orders/7?x=1?&y=2', '/orders/7'],
  ])('has the path that the adapter routes by: %s', async (_what, target, path) => {
    const { status, inputs } = await ask({ target }, {});
    expect(status).toBe(200);
    expect(inputs).toMatchObject([{ request: { path, route: '/orders/:id' } }]);
  });

  it.each([
    ['http://elsewhere.test/orders/7?x=1', { parsed_path: ['orders', '7'], parsed_query: { x: ['1'] } }],
    ['/orders/a%2Fb%20c', { parsed_path: ['orders', 'a', 'b c'] }],
    ['/orders/7?x=1?&y=2&y', { parsed_query: { x: ['1?'], y: ['2', ''] } }],
    ['/orders/files/a//b', { parsed_path: ['orders', 'files', 'a', '', 'b'] }],
  ])('in shape "envoy" splits %s as opa-envoy-plugin does', async (target, expected) => {
    const { inputs } = await ask({ target }, { shape: 'envoy' });
    expect(inputs).toMatchObject([expected]);
  });

  it.each(['/orders/7#x', '/orders/7?a=1#x', 'http://elsewhere.test/orders/7#x'])(
    'is refused for a request target that adapters interpret differently: %s',
    async (target) => {
      const { status, inputs } = await ask({ target }, {});
      expect(status).toBe(400);
      expect(inputs).toEqual([]);
    },
  );

  it('has one name for a wildcard route', async () => {
    const { inputs } = await ask({ target: '/orders/files/a/b' }, {});
    expect(inputs).toMatchObject([
      { resource: { id: '/orders/files/*' }, request: { path: '/orders/files/a/b' } },
    ]);
  });

  it('in shape "contextforge" is refused for a user without a name', async () => {
    const nameless = { target: '/orders/7', headers: { 'x-user': 'nameless' } };
    const { status, inputs } = await ask(nameless, { shape: 'contextforge' });
    expect(status).toBe(500);
    expect(inputs).toEqual([]);
  });

  it.each([
    ['text', 'bob', 'bob'],
    ['its id', { type: 'user', id: 7 }, '7'],
    ['its sub before its id', Promise.resolve({ sub: 'carol', id: 8 }), 'carol'],
  ])('in shape "contextforge" names the subject: %s', async (_what, subject, user) => {
    const { inputs } = await ask({ target: '/orders' }, { shape: 'contextforge', subject: () => subject });
    expect(inputs).toMatchObject([{ user }]);
  });
});

describe('a body that Express has not read', () => {
  it('is marked as truncated, because the handler may still read it', async () => {
    const engine = new TestEngine({ 'a/b': true });
    const input = { body: { maxBytes: 100 } };
    const app = closing(await startApp('express', [Orders], { engine, policy: 'a/b', input }));
    const headers = { 'content-type': 'text/plain' };
    await app.send({ method: 'POST', target: '/orders/7', headers, body: 'hello' });
    expect(engine.questions).toMatchObject([{ input: { request: { truncated: true } } }]);
  });
});

describe('a text body, which Fastify reads', () => {
  it('is the raw body of shape "envoy", not a parsed body', async () => {
    const engine = new TestEngine({ 'a/b': true });
    const input = { shape: 'envoy', body: { maxBytes: 100 } } as const;
    const app = closing(await startApp('fastify', [Orders], { engine, policy: 'a/b', input }));
    const headers = { 'content-type': 'text/plain' };
    await app.send({ method: 'POST', target: '/orders/7', headers, body: 'hello' });
    expect(engine.questions).toMatchObject([
      { input: { attributes: { request: { http: { body: 'hello' } } }, parsed_body: null } },
    ]);
  });
});

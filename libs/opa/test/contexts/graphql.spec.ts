import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { UseGuards } from '@nestjs/common';
import { APP_GUARD, ExternalContextCreator } from '@nestjs/core';
import type { EngineAnswer, OpaModuleOptions, PolicyEngine } from 'nestjs-opa';
import { OpaError, OpaGuard, OpaModule, OpaPolicy } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { EventEmitter, once } from 'node:events';
import { request } from 'node:http';
import type { GraphqlApp, GraphqlSetup } from './drivers/graphql.js';
import { onApollo, onMercurius, postGraphql, startGraphql } from './drivers/graphql.js';
import { resolvers, TYPES } from './fixtures/graphql-orders.js';
import { expectLogs } from '../../../../test/support/logs.js';

const both = [onApollo, onMercurius];

let engine: TestEngine;
let running: GraphqlApp;

const setup = (options: OpaModuleOptions = {}): GraphqlSetup => ({
  typeDefs: TYPES,
  options: { fieldResolverEnhancers: ['guards', 'interceptors'] },
  imports: [OpaModule.forRoot({ engine, ...options })],
  providers: [resolvers()],
});
class References {
  @UseGuards(OpaGuard) @OpaPolicy('order') resolve(): string {
    return 'resolved';
  }
}

const asked = (): unknown[] => engine.questions.map(({ input }) => input);
const ask = async (query: string, init?: Parameters<typeof postGraphql>[2]) =>
  postGraphql(running.url, { query }, init);

beforeEach(() => {
  engine = new TestEngine({ order: true, orders: true, place: true, customer: true, 'customer/view': true });
});
afterEach(() => running.app.close());

describe.each(both)('fields on $name', (driver) => {
  const start = async (options?: OpaModuleOptions, more: Partial<GraphqlSetup> = {}): Promise<void> => {
    running = await startGraphql(driver, { ...setup(options), ...more });
  };

  it('are decided one by one under their aliases, each with its own arguments', async () => {
    await start();
    engine.answer('order', (input: unknown) => (input as never)['request']['args']['id'] === '1');
    const { answer } = await ask('query Two { a: order(id: "1") { id policy } b: order(id: "2") { id } }');
    expect(answer.data).toEqual({ a: { id: '1', policy: 'order' }, b: null });
    expect(answer.errors).toMatchObject([{ path: ['b'], extensions: { code: 'FORBIDDEN' } }]);
    const field = { operation: 'query', operationName: 'Two', field: 'order' };
    expect(asked()).toMatchObject([
      { request: { ...field, args: { id: '1' }, path: ['a'] } },
      { request: { ...field, args: { id: '2' }, path: ['b'] } },
    ]);
  });

  it('are mutations too', async () => {
    await start();
    const { answer } = await ask('mutation { place(id: "1") { id } }');
    expect(answer).toEqual({ data: { place: { id: '1' } } });
    expect(asked()).toMatchObject([
      { action: { name: 'mutation' }, resource: { type: 'field', id: 'Mutation.place' } },
    ]);
    expect((asked()[0] as { request: object }).request).not.toHaveProperty('operationName');
  });

  it('are asked about once where several guards meet', async () => {
    await start({}, { providers: [resolvers(), { provide: APP_GUARD, useExisting: OpaGuard }] });
    await ask('{ order(id: "1") { id } }');
    expect(engine.questions).toHaveLength(1);
  });

  it('are asked about once where they are lists', async () => {
    await start();
    const { answer } = await ask('{ orders { id } }');
    expect(answer.data).toEqual({ orders: [{ id: '1' }, { id: '2' }, { id: '3' }] });
    expect(engine.questions).toHaveLength(1);
  });

  it('evaluate one query for all items of a list', async () => {
    await start();
    engine.answer('customer', { allow: false, reasons: ['no names'] });
    const { answer } = await ask('{ orders { id customer { name } } }');
    expect(answer.data?.['orders']).toEqual(['1', '2', '3'].map((id) => ({ id, customer: null })));
    expect(answer.errors?.map(({ extensions }) => extensions?.['reasons'])).toEqual(
      Array(3).fill(['no names']),
    );
    expect(engine.questions.map(({ policy }) => policy)).toEqual(['orders', 'customer']);
    expect(asked()[1]).toMatchObject({
      action: { name: 'query' },
      resource: { type: 'field', id: 'Order.customer' },
      request: { field: 'customer', args: {}, path: ['orders', 'customer'] },
    });
  });

  it('are masked below the root', async () => {
    await start();
    engine.answer('customer/view', {
      allow: true,
      obligations: [{ type: 'mask', properties: { path: '/name' } }],
    });
    const { answer } = await ask('{ order(id: "1") { customer { name } } }');
    expect(answer.data).toEqual({ order: { customer: { name: '***' } } });
  });

  it("have the HTTP request's user as subject, and its allowed headers", async () => {
    await start();
    await ask('{ order(id: "1") { id } }', { headers: { authorization: 'anns', 'x-request-id': 'r1' } });
    expect(asked()).toMatchObject([
      { subject: { id: 'ann' }, request: { headers: { 'x-request-id': 'r1' } } },
    ]);
    expect(JSON.stringify(asked())).not.toContain('anns');
  });

  it("give the handler an allow's headers, and never the client's own", async () => {
    await start({ policyHeaders: ['x-authz-*'] });
    const role = async (): Promise<unknown> => {
      const { answer } = await ask('{ order(id: "1") { role } }', { headers: { 'x-authz-role': 'root' } });
      return answer.data?.['order'];
    };
    expect(await role()).toEqual({ role: null });
    engine.answer('order', { allow: true, headers: { 'x-authz-role': 'clerk' } });
    expect(await role()).toEqual({ role: 'clerk' });
  });

  it('set the headers of the answer, of an allow and of a denial', async () => {
    await start();
    engine.answer('order', { allow: true, response_headers_to_add: { 'x-seen': 'yes' } });
    const allowed = await ask('{ order(id: "1") { id } }');
    expect(allowed.response.headers.get('x-seen')).toBe('yes');
    engine.answer('order', { allow: false, headers: { 'x-denied': 'yes' } });
    const denied = await ask('{ order(id: "1") { id } }');
    expect(denied.response.headers.get('x-denied')).toBe('yes');
  });

  it.each([
    [
      "whatever status and body the policy gives for HTTP's sake",
      'FORBIDDEN',
      { http_status: 401, body: 'x' },
    ],
    ["where the client's own data is the cause", 'BAD_USER_INPUT', 'a client fault'],
  ])('keep their code: %s', async (_name, code, answer) => {
    await start();
    const fault = new OpaError('OPA_BAD_INPUT', 'too deep', { clientFault: true });
    engine.answer('order', typeof answer === 'string' ? fault : { allow: false, ...answer });
    const { answer: seen, response } = await ask('{ order(id: "1") { id } }');
    expect(response.status).toBe(200);
    expect(seen.errors).toMatchObject([{ extensions: { code } }]);
    expect(Object.keys(seen.errors?.[0]?.extensions ?? {})).toEqual(['code']);
  });

  it('abort their decisions when the client disconnects', async () => {
    const seen = new EventEmitter();
    const waiting: PolicyEngine = {
      name: 'waiting',
      evaluate: (_query, { signal }): Promise<EngineAnswer> =>
        new Promise((_resolve, reject) => {
          seen.emit('asked');
          signal?.addEventListener('abort', () => {
            const error = new OpaError('OPA_ABORTED', 'aborted');
            reject(error);
            seen.emit('aborted', error.code);
          });
        }),
    };
    await start({ engine: waiting, timeout: 60_000 });
    const question = once(seen, 'asked');
    const aborted = once(seen, 'aborted');
    const client = request(running.url, { method: 'POST', headers: { 'content-type': 'application/json' } });
    client.on('error', () => undefined).end(JSON.stringify({ query: '{ order(id: "1") { id } }' }));
    await question;
    client.destroy();
    expect(await aborted).toEqual(['OPA_ABORTED']);
  });

  it('are known by the reference where a federation resolves one', async () => {
    await start({}, { providers: [References] });
    const resolve = running.app
      .get(ExternalContextCreator)
      .create(
        running.app.get(References),
        References.prototype.resolve,
        'resolve',
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        'graphql',
      );
    const info = {
      fieldName: '_entities',
      parentType: { name: 'Query' },
      operation: { operation: 'query' },
    };
    expect(await resolve({ __typename: 'Order', id: '1' }, {}, info)).toBe('resolved');
    expect(asked()).toMatchObject([
      { resource: { id: 'Query._entities' }, request: { args: { __typename: 'Order', id: '1' } } },
    ]);
  });
});

describe('what only one driver has', () => {
  it("Apollo's stack traces say nothing of the cause", async () => {
    const apollo = { includeStacktraceInErrorResponses: true };
    running = await startGraphql(onApollo, { ...setup(), apollo });
    const cause = new Error('s3cret');
    expectLogs('ERROR [OpaEnforcement] OPA_UNREACHABLE');
    engine.answer('order', new OpaError('OPA_UNREACHABLE', 's3cret', { cause }));
    const { answer } = await ask('{ order(id: "1") { id } }');
    expect(answer.errors).toMatchObject([
      { extensions: { code: 'UNAVAILABLE', stacktrace: expect.any(Array) as unknown } },
    ]);
    expect(JSON.stringify(answer)).not.toContain('s3cret');
  });

  it("Mercurius' compiled queries are decided like the others", async () => {
    running = await startGraphql(onMercurius, { ...setup(), mercurius: { jit: 1 } });
    const query = 'query Compiled { a: order(id: "1") { id customer { name } } }';
    for (let i = 0; i < 4; i++) await ask(query);
    const inputs = asked();
    expect(inputs).toHaveLength(12);
    expect(inputs.slice(9)).toEqual(inputs.slice(0, 3));
    engine.answer('order', false);
    const { answer } = await ask(query);
    expect(answer).toMatchObject({ data: { a: null }, errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  });
});

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

const inputs = (): unknown[] => engine.questions.map(({ input }) => input);
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

  it('are decided separately under their aliases, each with its own arguments', async () => {
    await start();
    engine.answer('order', (input: unknown) => (input as never)['request']['args']['id'] === '1');
    const { answer } = await ask('query Two { a: order(id: "1") { id policy } b: order(id: "2") { id } }');
    expect(answer.data).toEqual({ a: { id: '1', policy: 'order' }, b: null });
    expect(answer.errors).toMatchObject([{ path: ['b'], extensions: { code: 'FORBIDDEN' } }]);
    const field = { operation: 'query', operationName: 'Two', field: 'order' };
    expect(inputs()).toMatchObject([
      { request: { ...field, args: { id: '1' }, path: ['a'] } },
      { request: { ...field, args: { id: '2' }, path: ['b'] } },
    ]);
  });

  it('are decided in mutations as in queries', async () => {
    await start();
    const { answer } = await ask('mutation { place(id: "1") { id } }');
    expect(answer).toEqual({ data: { place: { id: '1' } } });
    expect(inputs()).toMatchObject([
      { action: { name: 'mutation' }, resource: { type: 'field', id: 'Mutation.place' } },
    ]);
    expect((inputs()[0] as { request: object }).request).not.toHaveProperty('operationName');
  });

  it('evaluate one query where several guards run', async () => {
    await start({}, { providers: [resolvers(), { provide: APP_GUARD, useExisting: OpaGuard }] });
    await ask('{ order(id: "1") { id } }');
    expect(engine.questions).toHaveLength(1);
  });

  it('evaluate one query for lists', async () => {
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
    expect(inputs()[1]).toMatchObject({
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

  it('have the user of the HTTP request as subject, and its allowed headers', async () => {
    await start();
    await ask('{ order(id: "1") { id } }', { headers: { authorization: 'anns', 'x-request-id': 'r1' } });
    expect(inputs()).toMatchObject([
      { subject: { id: 'ann' }, request: { headers: { 'x-request-id': 'r1' } } },
    ]);
    expect(JSON.stringify(inputs())).not.toContain('anns');
  });

  it("give the handler the headers of an allow, and never the client's headers of the same name", async () => {
    await start({ policyHeaders: ['x-authz-*'] });
    const role = async (): Promise<unknown> => {
      const { answer } = await ask('{ order(id: "1") { role } }', { headers: { 'x-authz-role': 'root' } });
      return answer.data?.['order'];
    };
    expect(await role()).toEqual({ role: null });
    engine.answer('order', { allow: true, headers: { 'x-authz-role': 'clerk' } });
    expect(await role()).toEqual({ role: 'clerk' });
  });

  it('set response headers from an allow and from a denial', async () => {
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
  ])('keep the error code: %s', async (_name, code, policy) => {
    await start();
    const fault = new OpaError('OPA_BAD_INPUT', 'too deep', { clientFault: true });
    engine.answer('order', typeof policy === 'string' ? fault : { allow: false, ...policy });
    const { answer, response } = await ask('{ order(id: "1") { id } }');
    expect(response.status).toBe(200);
    expect(answer.errors).toMatchObject([{ extensions: { code } }]);
    expect(Object.keys(answer.errors?.[0]?.extensions ?? {})).toEqual(['code']);
  });

  it('abort their decisions when the client disconnects', async () => {
    const aborts = new EventEmitter();
    const waiting: PolicyEngine = {
      name: 'waiting',
      evaluate: (_query, { signal }): Promise<EngineAnswer> =>
        new Promise((_resolve, reject) => {
          aborts.emit('asked');
          signal?.addEventListener('abort', () => {
            const error = new OpaError('OPA_ABORTED', 'aborted');
            reject(error);
            aborts.emit('aborted', error.code);
          });
        }),
    };
    await start({ engine: waiting, timeout: 60_000 });
    const question = once(aborts, 'asked');
    const aborted = once(aborts, 'aborted');
    const client = request(running.url, { method: 'POST', headers: { 'content-type': 'application/json' } });
    client.on('error', () => undefined).end(JSON.stringify({ query: '{ order(id: "1") { id } }' }));
    await question;
    client.destroy();
    expect(await aborted).toEqual(['OPA_ABORTED']);
  });

  it('identify an entity by its reference when a federation resolves it', async () => {
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
    expect(inputs()).toMatchObject([
      { resource: { id: 'Query._entities' }, request: { args: { __typename: 'Order', id: '1' } } },
    ]);
  });
});

describe('what differs between Apollo and Mercurius', () => {
  it("Apollo's stack traces do not contain the cause of a failure", async () => {
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

  it('Mercurius decides compiled (jit) queries like all others', async () => {
    running = await startGraphql(onMercurius, { ...setup(), mercurius: { jit: 1 } });
    const query = 'query Compiled { a: order(id: "1") { id customer { name } } }';
    for (let i = 0; i < 4; i++) await ask(query);
    const all = inputs();
    expect(all).toHaveLength(12);
    expect(all.slice(9)).toEqual(all.slice(0, 3));
    engine.answer('order', false);
    const { answer } = await ask(query);
    expect(answer).toMatchObject({ data: { a: null }, errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { UseInterceptors } from '@nestjs/common';
import { Query, ResolveField, Resolver, Subscription } from '@nestjs/graphql';
import type { Client } from 'graphql-ws';
import { createClient } from 'graphql-ws';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaError, OpaInterceptor, OpaModule, OpaPolicy } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import WebSocket from 'ws';
import type { GraphqlApp, GraphqlError, GraphqlSetup } from './drivers/graphql.js';
import { onApollo, onMercurius, startGraphql } from './drivers/graphql.js';
import { resolvers, TYPES } from './fixtures/graphql-orders.js';
import { expectLogs } from '../../../../test/support/logs.js';

const ADDED = 'subscription Watch { feed: added(of: "ann") { id role } }';

let engine: TestEngine;
let running: GraphqlApp;
let client: Client;
let started: number;

beforeEach(() => {
  engine = new TestEngine({ watch: true });
});

describe.each([onApollo, onMercurius])('subscriptions on $name', (driver) => {
  const start = async (
    options: OpaModuleOptions = {},
    connectionParams: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<void> => {
    started = 0;
    running = await startGraphql(driver, {
      typeDefs: TYPES,
      options: { fieldResolverEnhancers: ['guards', 'interceptors'] },
      imports: [OpaModule.forRoot({ engine, ...options })],
      providers: [resolvers(() => (started += 1))],
    });
    client = createClient({
      url: running.url.replace('http', 'ws'),
      webSocketImpl: class extends WebSocket {
        constructor(url: string, protocols: string) {
          super(url, protocols, { headers });
        }
      },
      retryAttempts: 0,
      connectionParams,
    });
  };
  afterEach(async () => {
    await client.dispose();
    await running.app.close();
  });

  it('are decided once, before they start', async () => {
    await start();
    expect(await items()).toEqual([{ feed: { id: '1', role: null } }, { feed: { id: '2', role: null } }]);
    expect(engine.questions).toMatchObject([
      {
        policy: 'watch',
        input: {
          subject: { type: 'anonymous' },
          action: { name: 'subscription' },
          resource: { type: 'field', id: 'Subscription.added' },
          request: { operationName: 'Watch', field: 'added', args: { of: 'ann' }, path: ['feed'] },
        },
      },
    ]);
    expect(started).toBe(1);
  });

  it.each([
    ['denied', { allow: false, reasons: ['not yours'] }, { code: 'FORBIDDEN', reasons: ['not yours'] }, []],
    ['undefined', undefined, { code: 'FORBIDDEN' }, []],
    [
      'undecided',
      new OpaError('OPA_UNREACHABLE', 's3cret'),
      { code: 'UNAVAILABLE' },
      ['ERROR [OpaEnforcement] OPA_UNREACHABLE'],
    ],
    [
      'allowed with a mask that nobody would apply',
      { allow: true, obligations: [{ type: 'mask', properties: { path: '/added/id' } }] },
      { code: 'FORBIDDEN' },
      [/^ERROR \[OpaObligations\] The policy "watch" allows Orders\.added only with a mask/],
    ],
  ])('fail with an error and never start when they are %s', async (_name, answer, extensions, logs) => {
    expectLogs(...logs);
    await start();
    engine.answer('watch', answer);
    const error = await refusal();
    expect(error.extensions).toEqual(extensions);
    expect(error.message).not.toContain('s3cret');
    expect(started).toBe(0);
  });

  it("have the user and the headers of the connection's request", async () => {
    await start({}, {}, { authorization: 'anns', 'x-request-id': 'r1' });
    await items();
    expect(engine.questions[0]?.input).toMatchObject({
      subject: { id: 'ann' },
      request: { headers: { 'x-request-id': 'r1' } },
    });
  });

  it.each(['x-authz-role', 'X-Authz-Role'])(
    "give the handler the headers of an allow, and never the client's headers of the same name: %s",
    async (name) => {
      await start({ policyHeaders: ['x-authz-*'] }, { [name]: 'root' }, { [name]: 'root' });
      expect(await items()).toMatchObject([{ feed: { role: null } }, { feed: { role: null } }]);
      engine.answer('watch', { allow: true, headers: { 'x-authz-role': 'clerk' } });
      expect(await items()).toMatchObject([{ feed: { role: 'clerk' } }, { feed: { role: 'clerk' } }]);
    },
  );
});

describe('the application does not start', () => {
  @Resolver('Order')
  class Watched {
    @Subscription() @OpaPolicy('watch', { response: 'view' }) added(): undefined {
      return undefined;
    }
  }
  @Resolver('Order')
  class Masked {
    @ResolveField()
    @UseInterceptors(OpaInterceptor)
    @OpaPolicy('customer', { response: 'view' })
    customer(): undefined {
      return undefined;
    }
  }
  @Resolver('Order')
  class Guarded {
    @ResolveField() @OpaPolicy('customer') customer(): undefined {
      return undefined;
    }
  }
  @Resolver('Order')
  @OpaPolicy('orders')
  class Fine {
    @Query() orders(): undefined {
      return undefined;
    }
    @ResolveField() customer(): undefined {
      return undefined;
    }
  }
  const starting = async (
    provider: GraphqlSetup['providers'][number],
    ...fieldResolverEnhancers: ('guards' | 'interceptors')[]
  ): Promise<string> => {
    const setup = { typeDefs: TYPES, options: { fieldResolverEnhancers }, providers: [provider] };
    try {
      const imports = [OpaModule.forRoot({ engine })];
      const { app } = await startGraphql(onApollo, { ...setup, imports });
      await app.close();
      return 'it starts';
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('with a response policy on a subscription', async () => {
    expect(await starting(Watched, 'guards', 'interceptors')).toMatch(/^Watched\.added is a subscription/);
  });

  it('with a policy on a field below the root whose guard Nest would never run', async () => {
    expect(await starting(Guarded)).toMatch(/^Guarded\.customer .* runs no guards/);
    expect(await starting(Masked, 'guards')).toMatch(/^Masked\.customer .* runs no interceptors/);
    expect(await starting(Guarded, 'guards')).toBe('it starts');
    expect(await starting(Masked, 'guards', 'interceptors')).toBe('it starts');
    expect(await starting(Fine)).toBe('it starts');
  });
});

async function items(): Promise<unknown[]> {
  const contexts: unknown[] = [];
  for await (const { data, errors } of client.iterate({ query: ADDED })) {
    expect(errors).toBeUndefined();
    contexts.push(data);
  }
  return contexts;
}

// The protocol has two ways to say it: an error message, and a result that holds errors.
async function refusal(): Promise<GraphqlError> {
  try {
    for await (const { errors } of client.iterate({ query: ADDED })) {
      const [first] = errors ?? [];
      if (first !== undefined) return first;
    }
  } catch (error) {
    const [first] = error as GraphqlError[];
    if (first !== undefined) return first;
  }
  throw new Error('was let through');
}

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { UseGuards } from '@nestjs/common';
import { Args, Query, ResolveField, Resolver, Subscription } from '@nestjs/graphql';
import { createClient } from 'graphql-ws';
import { OpaError, OpaGuard, OpaInput, OpaModule, OpaPolicy } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import WebSocket from 'ws';
import type { GraphqlApp } from './drivers/graphql.js';
import { onApollo, onMercurius, postGraphql, startGraphql } from './drivers/graphql.js';
import { expectLogs } from '../../../../test/support/logs.js';

const TYPES = `
  type Line { price(currency: String): String, cost: String }
  type Order { id: ID, total: String, owner: String, lines: [Line] }
  type Query { orders: [Order], order: Order }
  type Subscription { added: [Order] }
`;

const lines = [{}, {}];
const orders = ['1', '2', '3'].map((id) => ({ id, lines }));
const parentOf = (context: ExecutionContext): { id: string } => context.getArgByIndex(0);

@Resolver('Order')
@UseGuards(OpaGuard)
class Orders {
  @Query() @OpaPolicy('orders') orders() {
    return orders;
  }
  @Query() @OpaPolicy('orders') order() {
    return orders[0];
  }
  @Subscription() @OpaPolicy('orders') async *added() {
    for (const added of [orders, orders]) yield await Promise.resolve({ added });
  }
  @ResolveField() @OpaPolicy('total') total() {
    return 'total';
  }
  @ResolveField() @OpaPolicy('owner') @OpaInput((context) => ({ order: parentOf(context).id })) owner() {
    return 'owner';
  }
}

@Resolver('Line')
@UseGuards(OpaGuard)
class Lines {
  @ResolveField() @OpaPolicy('price') price(@Args('currency') currency: string) {
    return currency;
  }
  @ResolveField() @OpaPolicy(['price', 'cost']) cost() {
    return 'cost';
  }
}

let engine: TestEngine;
let running: GraphqlApp;

beforeEach(() => {
  engine = new TestEngine({ orders: true, total: true, owner: true, price: true, cost: true });
});
afterEach(() => running.app.close());

describe.each([onApollo, onMercurius])('fields of list items on $name', (driver) => {
  const ask = async (query: string) => {
    running = await startGraphql(driver, {
      typeDefs: TYPES,
      options: { fieldResolverEnhancers: ['guards'] },
      imports: [OpaModule.forRoot({ engine })],
      providers: [Orders, Lines],
    });
    return (await postGraphql(running.url, { query })).answer;
  };
  const policies = (): string[] => engine.questions.map(({ policy }) => policy);

  it.each([
    ['for a field of the items', '{ orders { id total } }', ['orders', 'total']],
    ['for one of lists in lists', '{ orders { lines { price } } }', ['orders', 'price']],
    ['for each of its policies', '{ orders { lines { cost } } }', ['orders', 'price', 'cost']],
    [
      'for each alias and its arguments',
      '{ orders { lines { a: price(currency: "EUR") b: price(currency: "USD") } } }',
      ['orders', 'price', 'price'],
    ],
    ['for each list', '{ a: orders { total } b: orders { total } }', ['orders', 'orders', 'total', 'total']],
    ['for one that is in no list', '{ order { total } }', ['orders', 'total']],
    [
      'for each item that the input tells apart',
      '{ orders { owner } }',
      ['orders', 'owner', 'owner', 'owner'],
    ],
  ])('evaluate one query %s', async (_name, query, expected) => {
    expect((await ask(query)).errors).toBeUndefined();
    expect(policies()).toEqual(expected);
  });

  it.each([
    ['denied', { allow: false, reasons: ['no'] }, { code: 'FORBIDDEN', reasons: ['no'] }],
    ['undecided', new OpaError('OPA_UNREACHABLE', 's3cret'), { code: 'UNAVAILABLE' }],
  ])('are all refused by one decision: %s', async (_name, answer, extensions) => {
    if (answer instanceof OpaError) expectLogs(`ERROR [OpaEnforcement] ${answer.code}`);
    engine.answer('total', answer);
    const { data, errors } = await ask('{ orders { id total } }');
    expect(data).toEqual({ orders: ['1', '2', '3'].map((id) => ({ id, total: null })) });
    expect(errors?.map((error) => error.extensions)).toEqual([extensions, extensions, extensions]);
    expect(policies()).toEqual(['orders', 'total']);
  });

  it('evaluate a new query for each request', async () => {
    await ask('{ orders { total } }');
    engine.answer('total', false);
    const { answer } = await postGraphql(running.url, { query: '{ orders { total } }' });
    expect(answer.errors).toHaveLength(3);
    expect(policies()).toEqual(['orders', 'total', 'orders', 'total']);
  });

  it('evaluate a new query for each event of a subscription', async () => {
    await ask('{ orders { id } }');
    engine.questions.length = 0;
    const url = running.url.replace('http', 'ws');
    const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
    const events: unknown[] = [];
    for await (const event of client.iterate({ query: 'subscription { added { total } }' }))
      events.push(event);
    await client.dispose();
    expect(events).toHaveLength(2);
    expect(policies()).toEqual(['orders', 'total', 'total']);
  });
});

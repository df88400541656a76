import { jest } from '@jest/globals';
import type { DynamicModule, INestApplication, Provider } from '@nestjs/common';
import { UseGuards, UseInterceptors } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { ApolloDriverConfig } from '@nestjs/apollo';
import { ApolloDriver } from '@nestjs/apollo';
import { Args, GraphQLModule, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { MercuriusDriverConfig } from '@nestjs/mercurius';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { OpaGuard, OpaInterceptor, OpaPolicy, OpaPublic } from 'nestjs-opa';
import type { ContextDriver, HandlerName, RunningContext, CallResult } from '../driver.js';
import { order } from '../driver.js';

// Mercurius serves its GraphiQL page with it, which no test asks for; it requires an ES module, which Jest can't.
jest.mock('@fastify/static', () => () => undefined);

/** How a GraphQL application of the tests is made. */
export interface GraphqlSetup {
  readonly typeDefs: string;
  /** Of the GraphQL module; both drivers take them. */
  readonly options?: Pick<ApolloDriverConfig & MercuriusDriverConfig, 'fieldResolverEnhancers'>;
  /** Of the driver alone. */
  readonly apollo?: Partial<ApolloDriverConfig>;
  readonly mercurius?: Partial<MercuriusDriverConfig>;
  readonly imports: readonly DynamicModule[];
  readonly providers: readonly Provider[];
  /** Prepares the application before it listens. */
  readonly prepare?: (app: INestApplication) => void;
}

/** One GraphQL driver of Nest. */
export interface GraphqlDriver {
  readonly name: string;
  readonly adapter: () => AbstractHttpAdapter;
  readonly graphql: (setup: GraphqlSetup) => Promise<DynamicModule>;
}

/** Apollo on Express. */
export const onApollo: GraphqlDriver = {
  name: 'GraphQL, Apollo on Express',
  adapter: () => new ExpressAdapter(),
  graphql: ({ typeDefs, options, apollo }) =>
    Promise.resolve(
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        typeDefs,
        graphiql: false,
        subscriptions: { 'graphql-ws': true },
        ...options,
        ...apollo,
      }),
    ),
};

/** Mercurius on Fastify. */
export const onMercurius: GraphqlDriver = {
  name: 'GraphQL, Mercurius on Fastify',
  adapter: () => new FastifyAdapter(),
  graphql: async ({ typeDefs, options, mercurius }) => {
    const { MercuriusDriver } = await import('@nestjs/mercurius');
    return GraphQLModule.forRoot<MercuriusDriverConfig>({
      driver: MercuriusDriver,
      typeDefs,
      subscription: true,
      ...options,
      ...mercurius,
    });
  },
};

/** A GraphQL application that listens. */
export interface GraphqlApp {
  readonly app: INestApplication;
  /** The endpoint, for queries and mutations. */
  readonly url: string;
}

/** Starts an application on a driver. */
export async function startGraphql(driver: GraphqlDriver, setup: GraphqlSetup): Promise<GraphqlApp> {
  const module = Test.createTestingModule({
    imports: [...setup.imports, await driver.graphql(setup)],
    providers: [...setup.providers],
  });
  const app: INestApplication = (await module.compile()).createNestApplication(driver.adapter());
  setup.prepare?.(app);
  await app.listen(0, '127.0.0.1');
  return { app, url: `${await app.getUrl()}/graphql` };
}

/** The error of a GraphQL answer. */
export interface GraphqlError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** A GraphQL answer, as it came. */
export interface GraphqlAnswer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly GraphqlError[];
}

/** Sends an operation over HTTP. */
export async function postGraphql(
  url: string,
  body: { query: string; variables?: object; operationName?: string },
  init: { headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<{ answer: GraphqlAnswer; response: Response }> {
  const response = await fetch(url, {
    ...init,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...init.headers },
    body: JSON.stringify(body),
  });
  return { answer: (await response.json()) as GraphqlAnswer, response };
}

const ORDER = '{ id email lines { sku } }';

const OPERATIONS: Readonly<Record<HandlerName, string>> = {
  read: `query Read($id: ID!) { read(id: $id) ${ORDER} }`,
  remove: `mutation Remove($id: ID!) { remove(id: $id) ${ORDER} }`,
  open: 'query Open($id: ID!) { open(id: $id) }',
  unnamed: 'query Unnamed($id: ID!) { unnamed(id: $id) }',
  shadow: `query Shadow($id: ID!) { shadow(id: $id) ${ORDER} }`,
};

const TYPES = `
  type Line { sku: String }
  type Order { id: ID!, email: String, lines: [Line] }
  type Query {
    read(id: ID!): Order
    open(id: ID!): String
    unnamed(id: ID!): String
    shadow(id: ID!): Order
  }
  type Mutation { remove(id: ID!): Order }
`;

function resolver(called: (handler: HandlerName) => void): new () => object {
  @Resolver()
  @UseGuards(OpaGuard, OpaGuard)
  @UseInterceptors(OpaInterceptor)
  class Orders {
    @Query() @OpaPolicy('orders/read', { response: 'orders/view' }) read(@Args('id') id: string) {
      called('read');
      return order(id);
    }
    @Mutation() @OpaPolicy('orders/remove') remove(@Args('id') id: string) {
      called('remove');
      return order(id);
    }
    @Query() @OpaPublic() open() {
      called('open');
      return 'open';
    }
    @Query() unnamed() {
      called('unnamed');
      return 'unnamed';
    }
    @Query() @OpaPolicy('orders/shadow', { mode: 'permissive' }) shadow(@Args('id') id: string) {
      called('shadow');
      return order(id);
    }
  }
  return Orders;
}

function resultOf(handler: HandlerName, { data, errors }: GraphqlAnswer): CallResult {
  const [error] = errors ?? [];
  if (error === undefined) return { result: data?.[handler] };
  const { code, ...details } = (error.extensions ?? {}) as Record<string, never>;
  return {
    error: { code: String(code), message: error.message, ...details, rest: { data, errors } },
  };
}

const row = (driver: GraphqlDriver): ContextDriver => ({
  name: driver.name,
  column: 'graphql',
  input: {
    subject: { type: 'anonymous' },
    action: { name: 'query' },
    resource: { type: 'field', id: 'Query.read' },
    context: {},
    request: {
      operation: 'query',
      operationName: 'Read',
      field: 'read',
      args: { id: '7' },
      path: ['read'],
      headers: { 'content-type': 'application/json' },
    },
  },
  start: async (opa, called): Promise<RunningContext> => {
    const { app, url } = await startGraphql(driver, {
      typeDefs: TYPES,
      imports: [opa],
      providers: [resolver(called)],
    });
    return {
      call: async (name, id) => {
        const { answer } = await postGraphql(url, { query: OPERATIONS[name], variables: { id } });
        return resultOf(name, answer);
      },
      close: () => app.close(),
    };
  },
});

/** Fields of GraphQL operations on Apollo. */
export const apollo = row(onApollo);

/** Fields of GraphQL operations on Mercurius. */
export const mercurius = row(onMercurius);

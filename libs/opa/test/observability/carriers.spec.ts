import { describe, expect, it } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { ContextOrigin } from '../../src/contexts/index.js';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const headers = { traceparent, 'x-request-id': 'r-1' };

class Handlers {
  handle(): string {
    return 'ok';
  }
}

/** A context of Nest with the arguments of a handler. */
function contextOf(type: string, args: readonly unknown[]): ExecutionContext {
  const host = {
    getType: () => type,
    getArgs: () => args,
    getClass: () => Handlers,
    getHandler: () => Handlers.prototype.handle,
    switchToHttp: () => ({ getRequest: () => args[0] }),
    switchToRpc: () => ({ getContext: () => args[1], getData: () => args[0] }),
    switchToWs: () => ({ getClient: () => args[0], getData: () => args[1] }),
  };
  return host as unknown as ExecutionContext;
}

const grpcCall = {
  metadata: { getMap: () => headers },
  getPath: () => '/orders.Orders/Read',
  getPeer: () => '127.0.0.1:1',
};
const mcpRequest = { method: 'tools/call', params: { name: 'search', _meta: { traceparent } } };
const bytes = { traceparent: Buffer.from(traceparent), 'x-request-id': 'r-1' };
const nats = { get: (name: string) => (headers as Record<string, string>)[name] ?? '' };

const CARRIERS: readonly (readonly [string, string, readonly unknown[], object])[] = [
  ['an HTTP request', 'http', [{ method: 'GET', headers, id: 7 }], { kind: 'http', requestId: 'r-1' }],
  [
    'an HTTP request with an id of the framework',
    'http',
    [{ headers: { traceparent }, id: 7 }],
    { requestId: '7' },
  ],
  ['a GraphQL field', 'graphql', [{}, {}, { req: { headers } }, {}], { kind: 'graphql', requestId: 'r-1' }],
  ['a gRPC call', 'rpc', [{}, {}, grpcCall], { kind: 'grpc', requestId: 'r-1' }],
  [
    'an MCP request',
    'rpc',
    [{}, { mcpRequest, getRawRequest: () => ({ headers: { 'x-request-id': 'r-1' } }) }],
    { kind: 'mcp', requestId: 'r-1', mcp: { method: 'tools/call', target: 'search' } },
  ],
  ['a message of NATS', 'rpc', [{}, { getHeaders: () => nats }], { kind: 'rpc', requestId: 'r-1' }],
  ['a message of Kafka', 'rpc', [{}, { getMessage: () => ({ headers: bytes }) }], { kind: 'rpc' }],
  [
    'a message of RabbitMQ',
    'rpc',
    [{}, { getMessage: () => ({ properties: { headers } }) }],
    { kind: 'rpc' },
  ],
  ['a delivery of RabbitMQ', 'rmq', [{}, { fields: {}, properties: { headers } }], { kind: 'rabbitmq' }],
];

describe('the origin of a decision', () => {
  it.each(CARRIERS)('reads the trace context of %s', (_name, type, args, expected) => {
    const origin = new ContextOrigin(contextOf(type, args), 'guard');
    expect(origin.traceHeaders).toEqual({ traceparent });
    expect(origin).toMatchObject(expected);
    expect(origin.route).toBe('Handlers.handle');
  });

  it.each([
    ['a WebSocket message', 'ws', [{ request: { headers } }, {}]],
    ['a message over TCP', 'rpc', [{}, { getPattern: () => 'sum' }]],
    ['a message of NATS without headers', 'rpc', [{}, { getHeaders: () => undefined }]],
    ['a direct call of a RabbitMQ handler', 'rmq', [{ id: 1 }]],
    ['a context of an unknown kind', 'queue', []],
  ])('has no trace context for %s', (_name, type, args) => {
    const origin = new ContextOrigin(contextOf(type, args), 'guard');
    expect(origin.traceHeaders).toEqual({});
    expect(origin.requestId).toBeUndefined();
  });
});

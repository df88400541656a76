import type { IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { call, modern, post } from './mcp/support/mcp-gateway.js';
import { reply, result, startScripted } from './mcp/support/scripted-server.js';
import type { ScriptedServer } from './mcp/support/scripted-server.js';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import { startGateway } from './support/gateway-process.js';
import { startServer } from './support/upstream.js';

const TRACE = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'vendor=1',
  baggage: 'tenant=7',
};
const IN_MESSAGE = { ...TRACE, traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let port: number;
let upstream: ScriptedServer;
let atOpa: IncomingHttpHeaders[] = [];

beforeAll(async () => {
  upstream = cleanup.add(await startScripted(), ({ close }) => close());
  const opa = await startServer((request, response) => {
    request.resume().on('end', () => {
      atOpa.push(request.headers);
      reply(response, { result: { allow: true } });
    });
  });
  cleanup.add(opa, ({ close }) => close());
  const config = {
    opa: { url: opa.url, policy: 'p' },
    upstreams: [{ name: 'up', url: upstream.url }],
    mcp: [{ name: 'up', url: `${upstream.url}/mcp`, policy: 'p' }],
  };
  port = cleanup.add(await startGateway(config), ({ end }) => end()).port;
});
beforeEach(() => {
  atOpa = [];
  upstream.respond = ({ message }, response) => reply(response, result(message, { content: [] }));
});

const traceOf = ({ traceparent, tracestate, baggage }: IncomingHttpHeaders): object => ({
  traceparent,
  tracestate,
  baggage,
});

describe('the trace context of a client', () => {
  it('goes to OPA and to a REST upstream', async () => {
    expect(await send(port, { path: '/api/up/orders', headers: TRACE })).toMatchObject({ status: 200 });
    expect(atOpa.map(traceOf)).toEqual([TRACE]);
    expect(upstream.requests.slice(-1).map(({ headers }) => traceOf(headers))).toEqual([TRACE]);
  });

  it.each([
    ['2025-11-25', (params: object) => ({ body: call('tools/call', params), headers: {} })],
    ['2026-07-28', (params: object) => modern('tools/call', params, 'x')],
  ])('goes to OPA and to an MCP server in %s', async (_version, message) => {
    const { body, headers } = message({ name: 'x', arguments: {} });
    await post(port, body, { headers: { ...headers, ...TRACE } });
    expect(atOpa.map(traceOf)).toEqual([TRACE]);
    expect(upstream.requests.slice(-1).map((request) => traceOf(request.headers))).toEqual([TRACE]);
  });

  it('in an MCP message replaces that of the HTTP request', async () => {
    const message = call('tools/call', { name: 'x', arguments: {}, _meta: IN_MESSAGE });
    await post(port, message, { headers: TRACE });
    expect(atOpa.map(traceOf)).toEqual([IN_MESSAGE]);
    expect(upstream.requests.at(-1)?.message['params']).toMatchObject({ _meta: IN_MESSAGE });
  });
});

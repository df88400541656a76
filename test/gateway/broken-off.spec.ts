import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import type { GatewayProcess } from './support/gateway-process.js';
import { startOpenGateway } from './support/open-gateway.js';
import { rawConnection } from './support/raw.js';
import { Routes } from './support/routes.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const routes = new Routes();
let gateway: GatewayProcess;
let arrived: (request: IncomingMessage, response: ServerResponse) => void;
const path = routes.add((request, response) => arrived(request, response));

beforeAll(async () => {
  const mcp = (url: string) => [{ name: 'up', url: `${url}${path}`, policy: 'test/open' }];
  const entries = (url: string) => [{ name: 'seen', url, response: 'test/open' }];
  ({ gateway } = await startOpenGateway(cleanup, routes.handle, entries, { mcp }));
});

const CALL = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'x' } });
const head = (target: string, length: number): string =>
  `POST ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

const UNDECIDED_RESPONSE = `/api/up${path}`;
const DECIDED_RESPONSE = `/api/seen${path}`;
const MCP = '/mcp/up';

/** Waits until the upstream has a request, and knows that its client has gone. */
async function reached(
  begun: (response: ServerResponse) => void,
): Promise<{ disconnected: Promise<unknown> }> {
  const [, response] = await new Promise<Parameters<typeof arrived>>((resolve) => {
    arrived = (...exchange) => resolve(exchange);
  });
  begun(response);
  return { disconnected: once(response, 'close') };
}

/** The gateway asks for the body once it has read the head. */
const EXPECTING = 'Expect: 100-continue\r\n\r\n';
const ENDS = ['destroy', 'resetAndDestroy'] as const;

const BEFORE: [string, string][] = [
  ['in the body of a request', `${head(UNDECIDED_RESPONSE, 100)}abc`],
  ['in the body of a request whose response is decided', `${head(DECIDED_RESPONSE, 100)}abc`],
  ['in a message to an MCP server', `${head(MCP, 100)}{"jsonrpc"`],
  ['in a message that is refused', `${head(MCP, 1_000_000_000)}{"jsonrpc"`],
  [
    'in a body that is no HTTP',
    `${head(UNDECIDED_RESPONSE, 100).replace(/Content-Length: 100/, 'Transfer-Encoding: chunked')}zz\r\n`,
  ],
  ['in the headers', 'POST /api/up HTTP/1.1\r\nHost: a\r\n'],
];
const DURING: [string, string, (response: ServerResponse) => void][] = [
  ['before the response', `${head(UNDECIDED_RESPONSE, 3)}abc`, () => undefined],
  ['during the response', `${head(UNDECIDED_RESPONSE, 3)}abc`, (response) => response.write('begun')],
  ['before a decided response', `${head(DECIDED_RESPONSE, 3)}abc`, () => undefined],
  ['during a decided response', `${head(DECIDED_RESPONSE, 3)}abc`, (response) => response.write('begun')],
  ['before the response of an MCP server', `${head(MCP, CALL.length)}${CALL}`, () => undefined],
  [
    'during the response of an MCP server',
    `${head(MCP, CALL.length)}${CALL}`,
    (response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{"jsonrpc"'),
  ],
  [
    'in the stream of an MCP server',
    `${head(MCP, CALL.length)}${CALL}`,
    (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': begun\n\n'),
  ],
];

/** That the gateway has nothing to say of it. */
async function expectSilence(before: number): Promise<void> {
  // Answered later than whatever would have been logged.
  arrived = (_request, response) => response.end('fine');
  for (const path of [UNDECIDED_RESPONSE, DECIDED_RESPONSE])
    expect((await send(gateway.port, { path })).status).toBe(200);
  expect(gateway.output().slice(before)).not.toMatch(/ERROR|WARN|\n {4}at /);
}

it.each(BEFORE)('a client that disconnects %s causes no error in the log', async (_where, text) => {
  const before = gateway.output().length;
  arrived = () => undefined;
  for (const end of ENDS) {
    const [headers = '', body] = text.split('\r\n\r\n');
    const { socket, until, closed } = await rawConnection(gateway.port, headers);
    if (body !== undefined) {
      socket.write(`\r\n${EXPECTING}`);
      await until(/ 100 Continue/);
      socket.write(body);
    }
    socket[end]();
    await closed;
  }
  await expectSilence(before);
});

it.each(DURING)('a client that disconnects %s causes no error in the log', async (_where, text, begun) => {
  const before = gateway.output().length;
  for (const end of ENDS) {
    const upstream = reached(begun);
    const { socket } = await rawConnection(gateway.port, text);
    const { disconnected: gone } = await upstream;
    socket[end]();
    await gone;
  }
  await expectSilence(before);
});

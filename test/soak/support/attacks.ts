import { createConnection } from 'node:net';
import { call, HEADERS } from '../../gateway/mcp/support/mcp-gateway.js';
import type { Sent } from '../../gateway/support/client.js';

/** Stands for a connection that ended without an answer, as one may when the request is still being written. */
export const RESET = 0;

/** A request that a hostile client sends, and the HTTP statuses that a sound gateway may answer. */
export interface Attack {
  readonly name: string;
  readonly request: Sent;
  readonly statuses: readonly number[];
}

const rest = (name: string, path: string, statuses: readonly number[], sent: Partial<Sent> = {}): Attack => ({
  name,
  request: { path, ...sent },
  statuses,
});

const mcp = (name: string, body: string, statuses: readonly number[], headers: object = {}): Attack => ({
  name,
  request: { path: '/mcp/up', method: 'POST', headers: { ...HEADERS, ...headers }, body },
  statuses,
});

const json = JSON.stringify;
const CALL = '"jsonrpc":"2.0","id":1,"method":"tools/call"';
const KEYS = Array.from({ length: 20_000 }, (_, index) => `"k${index}":1`).join();

/** Requests that must not reach an upstream, each with the answers that are right. */
export const ATTACKS: readonly Attack[] = [
  rest('a dot segment', '/api/up/public/%2e%2e/secret', [400]),
  rest('a dot segment, encoded twice', '/api/up/public/%252e%252e/secret', [400]),
  rest('a path parameter as a segment', '/api/up/public/;/secret', [400]),
  rest('a backslash', '/api/up/public\\..\\secret', [400]),
  rest('an encoded slash', '/api/up/public%2fsecret', [400]),
  rest('letters that are encoded', '/api/up/%73ecret', [403]),
  rest('another method in a header', '/api/up/secret', [403], {
    headers: { 'x-http-method-override': 'PUT' },
  }),
  rest('another path in a header', '/api/up/secret', [403], { headers: { 'x-original-url': '/public' } }),
  rest('a header of the policy', '/api/up/secret', [403], { headers: { x_authz_user: 'root' } }),
  rest('headers of 64 KiB', '/api/up/secret', [431, RESET], { headers: { 'x-large': 'x'.repeat(65_536) } }),
  rest('a token of nobody', '/api/up/secret', [401], { token: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb290In0.' }),
  mcp(
    'a method in two cases',
    `{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call","params":{"name":"secret"}}`,
    [400],
  ),
  mcp('a name in two cases', `{${CALL},"params":{"name":"safe","Name":"secret"}}`, [400]),
  mcp('a name with a long s', `{${CALL},"param\u017f":{"name":"secret"}}`, [400]),
  mcp('a name twice', `{${CALL},"params":{"name":"safe","name":"secret"}}`, [400]),
  mcp('a batch', `[{${CALL},"params":{"name":"secret"}}]`, [400]),
  mcp('a denied call', `{${CALL},"params":{"name":"secret"}}`, [200]),
  mcp(
    'lists in lists',
    `{${CALL},"params":{"name":"secret","arguments":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}}`,
    [200, 400],
  ),
  mcp('many keys', `{${CALL},"params":{"name":"secret","arguments":{${KEYS}}}}`, [200]),
  mcp('no JSON', '{"jsonrpc":', [400]),
  mcp('a session of nobody', json(call('tools/call', { name: 'secret' })), [404], {
    'mcp-session-id': 'x'.repeat(100),
  }),
  mcp('another origin', json(call('tools/call', { name: 'secret' })), [403], {
    origin: 'https://evil.example',
  }),
];

/** Bytes that are no request, or half of one. */
export const BROKEN: readonly string[] = [
  '\u0000\u0001\u0002\r\n\r\n',
  'GET /api/up/secret HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'POST /mcp/up HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"jsonrpc"',
  'POST /api/up/secret HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500\r\n\r\nhalf',
  'GET http://user:password@evil.example/api/up/secret HTTP/1.1\r\nHost: evil.example\r\n\r\n',
];

/** Writes bytes to a connection, and breaks it off when the other side has answered, or has taken them. */
export function breakOff(port: number, bytes: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.on('error', () => undefined).once('close', () => resolve());
    socket.once('data', () => socket.destroy());
    socket.write(bytes, () => setImmediate(() => socket.destroy()));
  });
}

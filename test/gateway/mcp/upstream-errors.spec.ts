import { afterAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../libs/opa/test/support/eventually.js';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import type { HttpResponse } from '../support/client.js';
import { call, modern, post, startMcpGateway, tool } from './support/mcp-gateway.js';
import { reply, result, stream } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const mcp = await startMcpGateway(cleanup, [{}, { name: 'http', denial: 'http' }]);
const { port } = mcp.gateway;
const path = '/mcp/up';

const NOTIFICATION = { jsonrpc: '2.0', method: 'notifications/initialized' };
const modernTool = modern('tools/call', { name: 'x' }, 'x');

/** A tool call of each era. */
const CALLS: readonly [era: string, request: () => Promise<HttpResponse>][] = [
  ['2025-11-25', () => post(port, tool('x'))],
  ['2026-07-28', () => send(port, { path, method: 'POST', ...modernTool })],
];

/** The messages that have no response of their own. */
const OTHER_REQUESTS: readonly [name: string, request: () => Promise<HttpResponse>][] = [
  ['a notification', () => post(port, NOTIFICATION)],
  ['GET', () => send(port, { path, headers: { accept: 'text/event-stream' } })],
  ['DELETE', () => send(port, { path, method: 'DELETE' })],
];

const respond = (body: string, status: number, headers: object = {}): void => {
  mcp.upstream.respond = (_request, response) => reply(response, body, status, headers);
};

async function logged(act: () => Promise<unknown>): Promise<string> {
  const before = mcp.gateway.output().length;
  await act();
  // A denial is always logged, and after everything that the requests above logged.
  await post(port, tool('secret'));
  const log = (): string => mcp.gateway.output().slice(before);
  await eventually(() => Promise.resolve(/denied .*\n/.test(log())), true);
  return log().replace(/^.*denied .*\n/m, '');
}

const versions = '{"supported":["2025-11-25"],"n":12345678901234567890}';
const rpcError = (id: string): string =>
  `{"jsonrpc":"2.0","id":${id},"error":{"code":-32600,"message":"Unsupported version","data":${versions}}}`;

const BODIES: readonly [name: string, status: number, body: string, error: object][] = [
  [
    'a JSON-RPC error under another id',
    400,
    rpcError('"server-error"'),
    { code: -32600, message: 'Unsupported version' },
  ],
  [
    'an error object',
    404,
    '{"error":{"code":-32001,"message":"Session not found"}}',
    { code: -32001, message: 'Session not found' },
  ],
  [
    'an OAuth error',
    403,
    '{"error":"forbidden","error_description":"no scope"}',
    { code: -32603, message: 'forbidden: no scope' },
  ],
  ["a framework's error", 422, '{"detail":"Unprocessable"}', { code: -32603, message: 'Unprocessable' }],
  [
    'an error of the wrong shape',
    400,
    '{"jsonrpc":"2.0","id":"y","error":"broken"}',
    { code: -32603, message: 'broken' },
  ],
  ['plain text', 503, 'Service is down\n', { code: -32603, message: 'Service is down' }],
  ['nothing', 500, '', { code: -32603, message: 'The MCP server responded with the HTTP status 500' }],
];

describe.each(CALLS)('a tool call of %s', (_era, request) => {
  it.each(BODIES)('gets status, code and message of %s', async (_name, status, body, error) => {
    respond(body, status, { 'content-type': body.startsWith('{') ? 'application/json' : 'text/plain' });
    const response = await request();
    expect(response.status).toBe(status);
    expect(response.headers['content-type']).toMatch(/^application\/json/);
    expect(response.json()).toMatchObject({ jsonrpc: '2.0', id: 1, error });
  });

  it("gets the list of versions in the error's data, number by number", async () => {
    respond(rpcError('"server-error"'), 400);
    expect((await request()).text).toBe(rpcError('1'));
  });

  it('gets an error without an id as it came', async () => {
    respond(rpcError('null'), 400);
    expect(await request()).toMatchObject({ status: 400, text: rpcError('null') });
  });

  it.each([
    [
      'a result under another id',
      '{"jsonrpc":"2.0","id":"y","result":{"content":[{"type":"text","text":"undecided"}]}}',
    ],
    ['a result without JSON-RPC', '{"result":{"content":"undecided"},"error":"undecided"}'],
    ['a broken result', '{"jsonrpc":"2.0","id":1,"result":{"content":"undecided"'],
    ['an event', 'data: {"jsonrpc":"2.0","id":1,"result":{"content":"undecided"}}\n\n'],
    ['a page', '<html>undecided</html>'],
    ['a list', '["undecided"]'],
    ['a JSON text', '"undecided"'],
    ['a request of the server', '{"jsonrpc":"2.0","id":9,"method":"roots/list","error":"undecided"}'],
  ])('gets nothing of %s in a response with an error status', async (_name, body) => {
    respond(body, 500);
    const response = await request();
    expect([response.status, response.json()]).toMatchObject([500, { id: 1, error: { code: -32603 } }]);
    expect(response.text).not.toContain('undecided');
  });

  it('gets at most 1,000 characters of a text', async () => {
    respond(`${'x'.repeat(1_000)}undecided`, 500);
    expect((await request()).text).toMatch(/"message":"x{1000}…"/);
  });

  it('gets no half of a character', async () => {
    respond(`${'x'.repeat(999)}😀`, 500);
    const { text } = await request();
    expect(text).not.toMatch(/\\ud83d/i);
    expect((JSON.parse(text) as { error: { message: string } }).error.message.isWellFormed()).toBe(true);
  });

  it('gets no member that stands beside an error under another id', async () => {
    respond(rpcError('"y"').replace(/}$/, ',"extra":"undecided"}'), 400);
    expect((await request()).text).toBe(rpcError('1'));
  });

  it.each([301, 302, 307, 308])('gets an error at once for a redirect with status %i', async (status) => {
    let isOpen = false;
    mcp.upstream.respond = (_request, response) => {
      // The body never ends.
      response
        .writeHead(status, { location: 'https://user:pass@other.example/mcp?token=s3cret#x' })
        .write(' ');
      isOpen = true;
    };
    const log = await logged(async () => {
      const response = await request();
      expect([isOpen, response.status, response.json()]).toMatchObject([
        true,
        200,
        { id: 1, error: { code: -32603 } },
      ]);
      expect(response.headers.location).toBeUndefined();
      respond('', 500);
    });
    expect(log).toMatch(
      new RegExp(`up: the MCP server redirects to "https://other\\.example/mcp" \\(status ${status}\\)`),
    );
    expect(log).not.toMatch(/s3cret|pass/);
  });

  it('gets an error at once for JSON without events under text/event-stream', async () => {
    // The body never ends, and its line does not end either.
    mcp.upstream.respond = ({ message }, response) =>
      stream(response).write(JSON.stringify(result(message, {})));
    const log = await logged(async () => {
      const response = await request();
      expect(response.text).toMatch(/^data: .*"id":1,"error":{"code":-32603.*\n\n$/);
      respond('', 500);
    });
    expect(log).toMatch(new RegExp(`up \\(${mcp.upstream.url}/mcp\\): .*status 200.* is JSON`));
  });

  it('gets the status of an empty 401, and the log says what to do', async () => {
    respond('', 401, { 'www-authenticate': 'Bearer resource_metadata="https://other.example"' });
    const log = await logged(async () => {
      const response = await request();
      expect([response.status, response.json()]).toMatchObject([401, { id: 1, error: { code: -32603 } }]);
      expect(response.headers['www-authenticate']).toBeUndefined();
      respond('', 500);
    });
    expect(log).toMatch(/WARN.*up: the MCP server refused the gateway's credential \(status 401\)\..*\n/);
  });
});

describe.each(OTHER_REQUESTS)('%s', (_name, request) => {
  it.each([
    ['text', 'Not here', 'Not here'],
    ['plain JSON', '{"error":"Not here"}', 'Not here'],
    [
      'a JSON-RPC error',
      '{"jsonrpc":"2.0","id":"server-error","error":{"code":-32000,"message":"Not here"}}',
      'Not here',
    ],
  ])('gets status and message of %s', async (_form, body, message) => {
    respond(body, 404);
    const response = await request();
    expect([response.status, response.json()]).toMatchObject([404, { error: { message } }]);
  });

  it('gets nothing of a result in a response with an error status', async () => {
    respond('{"jsonrpc":"2.0","id":1,"result":"undecided"}', 500);
    const response = await request();
    expect([response.status, response.text.includes('undecided')]).toEqual([500, false]);
  });

  it('gets an error for a redirect, and the log names the target', async () => {
    respond('', 302, { location: '/login?next=s3cret' });
    const log = await logged(async () => expect(await request()).toMatchObject({ status: 502 }));
    expect(log).toContain(`redirects to "${mcp.upstream.url}/login" (status 302)`);
    expect(log).not.toContain('s3cret');
  });

  it('is logged when the upstream refuses the credential with an empty 401', async () => {
    respond('', 401);
    const log = await logged(async () => expect(await request()).toMatchObject({ status: 401 }));
    expect(log).toContain("refused the gateway's credential (status 401)");
  });
});

it.each([
  '',
  'Method Not Allowed',
  '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Method not allowed."}}',
])('a 405 to a GET is not logged: %s', async (body) => {
  respond(body, 405, { allow: 'POST' });
  const log = await logged(async () => {
    const response = await send(port, { path, headers: { accept: 'text/event-stream' } });
    expect([response.status, response.headers.allow]).toEqual([405, 'POST']);
  });
  expect(log).not.toContain('WARN');
});

it('a GET ends at once when the stream is JSON without events', async () => {
  mcp.upstream.respond = (_request, response) => stream(response).write('\n {"jsonrpc":"2.0"');
  const log = await logged(async () => {
    await expect(send(port, { path, headers: { accept: 'text/event-stream' } })).rejects.toThrow();
    respond('', 500);
  });
  expect(log).toContain('is JSON without "data:"');
});

it('a redirect has the HTTP status of a failure with denial: http', async () => {
  respond('', 307, { location: 'not a URL: ://' });
  expect(await post(port, tool('x'), { path: '/mcp/http' })).toMatchObject({ status: 502 });
});

describe('a session', () => {
  it.each([
    ['a version that nobody knows', '1999-01-01'],
    ['a version of the future', '2099-01-01'],
    ['no version', 'x'],
  ])('passes on a header with %s, and the list of versions comes back', async (_name, version) => {
    mcp.upstream.respond = ({ message }, response) =>
      reply(response, result(message, { protocolVersion: '2025-11-25' }), 200, { 'mcp-session-id': 'up-1' });
    const opened = await post(port, call('initialize', { protocolVersion: '2025-11-25' }, 0));
    const headers = {
      'mcp-session-id': String(opened.headers['mcp-session-id']),
      'mcp-protocol-version': version,
    };
    respond(rpcError('"server-error"'), 400);
    expect(await post(port, tool('x'), { headers })).toMatchObject({ status: 400, text: rpcError('1') });
    const requests = [
      () => post(port, NOTIFICATION, { headers }),
      () => post(port, result({ id: 1 }, {}), { headers }),
      () => send(port, { path, headers }),
      () => send(port, { path, method: 'DELETE', headers }),
    ];
    for (const request of requests) {
      const response = await request();
      expect([response.status, response.text]).toEqual([400, expect.stringContaining(versions)]);
      expect(mcp.upstream.requests.at(-1)?.headers).toMatchObject({
        'mcp-session-id': 'up-1',
        'mcp-protocol-version': version,
      });
    }
    const before = mcp.upstream.requests.length;
    expect((await post(port, tool('secret'), { headers })).json()).toMatchObject({ error: { code: -32001 } });
    expect(await post(port, tool('x'), { headers: { ...headers, 'mcp-session-id': 'up-1' } })).toMatchObject({
      status: 404,
    });
    expect(mcp.upstream.requests).toHaveLength(before);
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { McpCaller } from '../../../libs/mcp/src/protocol/call.js';
import { Admissions, openingOf } from '../../../libs/mcp/src/session/admissions.js';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import type { HttpResponse, Sent } from '../support/client.js';
import { startGateway } from '../support/gateway-process.js';
import { startOpa } from '../support/opa-process.js';
import type { OpaProcess } from '../support/opa-process.js';
import { AUDIENCE, ISSUER, startIssuer } from '../support/tokens.js';
import type { Issuer } from '../support/tokens.js';
import { call, HEADERS, tool } from './support/mcp-gateway.js';
import { onTool, plugin, writePlugin } from './support/plugin-gateway.js';
import { reply, result, startScripted } from './support/scripted-server.js';
import type { ScriptedServer } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const REGO = {
  'entry.rego': `package entry
default closed := false
default opening := false
opening if { input.action.name == "initialize"; input.resource == {"type": "mcp_server", "id": "gateway"}; not mallory }
opening if { input.action.name == "server/discover"; not mallory }
mallory if input.subject.id == "mallory"
default newest := false
newest if { input.action.name == "initialize"; input.context.protocol_version == "2025-11-25" }
default calls := false
calls if input.action.name == "tools/call"
default forge := false
forge if { input.kind == "initialize"; input.payload.protocolVersion == "2025-03-26" }
pay := {"allow": input.action.name != "initialize", "reason": "pay first",
  "obligations": [{"type": "step-up", "properties": {"scope": "pay"}}]}`,
};

let upstream: ScriptedServer;
let opa: OpaProcess;
let issuer: Issuer;
let port: number;
beforeAll(async () => {
  upstream = cleanup.add(await startScripted(), ({ close }) => close());
  opa = cleanup.add(await startOpa({ rego: REGO }), ({ kill }) => kill());
  issuer = cleanup.add(await startIssuer(), ({ remove }) => remove());
  const url = `${upstream.url}/mcp`;
  const file = await writePlugin(cleanup, {
    plugins: [plugin({ tools: [onTool('x', 'entry', { policy_endpoint: 'closed' })] })],
  });
  const entry = (name: string, more: object = {}) => ({ name, url, policy: `entry/${name}`, ...more });
  const mcp = [
    entry('closed'),
    entry('opening'),
    entry('newest'),
    entry('calls', { response: 'entry/calls', denial: 'result' }),
    entry('forge', { shape: 'contextforge' }),
    entry('pay'),
    { name: 'plugin', url, plugin: file },
  ];
  const auth = { jwks: issuer.jwksFile, issuer: ISSUER, audience: AUDIENCE, anonymous: true };
  const patient = { url: opa.url, timeout: 10_000, pool: { connectTimeout: 5_000 } };
  port = cleanup.add(await startGateway({ opa: patient, auth, mcp }), ({ end }) => end()).port;
});

type RequestParts = Omit<Sent, 'path'>;
const posted = (message: object, headers: object = {}): RequestParts => ({
  method: 'POST',
  headers: { ...HEADERS, ...headers },
  body: JSON.stringify(message),
});
const NOTIFICATION = { jsonrpc: '2.0', method: 'notifications/x' };
const LEGACY: readonly (readonly [string, RequestParts])[] = [
  ['a notification', posted(NOTIFICATION)],
  ['a response', posted({ jsonrpc: '2.0', id: 1, result: {} })],
  ['an error', posted({ jsonrpc: '2.0', id: 1, error: { code: 1, message: 'm' } })],
  ['GET', { method: 'GET' }],
  ['DELETE', { method: 'DELETE' }],
];
const MODERN = [
  'a notification of 2026-07-28',
  posted(NOTIFICATION, { 'mcp-protocol-version': '2026-07-28' }),
] as const;
const UNANSWERED = [...LEGACY, MODERN];

const to = (entry: string, request: RequestParts, more: Partial<Sent> = {}): Promise<HttpResponse> =>
  send(port, { path: `/mcp/${entry}`, ...request, ...more });
const errorIn = (response: HttpResponse): unknown => (response.json() as { error?: unknown }).error;

beforeEach(() => {
  upstream.respond = ({ message, method }, response) => {
    if (method === 'POST' && 'id' in message && 'method' in message) reply(response, result(message, {}));
    else response.writeHead(method === 'GET' ? 405 : 202).end();
  };
});

describe('without a session', () => {
  it.each(UNANSWERED)('%s is refused when the policy denies every subject', async (_name, request) => {
    const before = upstream.requests.length;
    for (const entry of ['closed', 'calls']) {
      const response = await to(entry, request);
      expect([response.status, response.json()]).toMatchObject([
        403,
        { jsonrpc: '2.0', error: { code: -32001 } },
      ]);
      expect(response.json()).not.toHaveProperty('id');
    }
    expect(upstream.requests).toHaveLength(before);
  });

  it('ping is refused as a request is', async () => {
    const before = upstream.requests.length;
    for (const entry of ['closed', 'calls']) {
      const response = await to(entry, posted(call('ping', undefined, 'p')));
      expect([response.status, response.json()]).toMatchObject([200, { id: 'p', error: { code: -32001 } }]);
    }
    expect(upstream.requests).toHaveLength(before);
  });

  it.each([...UNANSWERED, ['ping', posted(call('ping'))] as const])(
    '%s passes where the policy lets the subject begin, and where a plugin file decides',
    async (_name, request) => {
      for (const entry of ['opening', 'plugin']) {
        const before = upstream.requests.length;
        expect((await to(entry, request)).status).not.toBe(403);
        expect(upstream.requests).toHaveLength(before + 1);
      }
      const token = await issuer.sign({ sub: 'mallory' });
      const before = upstream.requests.length;
      expect((await to('opening', request, { token })).text).toContain('"code":-32001');
      expect(upstream.requests).toHaveLength(before);
    },
  );

  it.each([
    ['2025-11-25', 'newest', 202],
    ['2025-06-18', 'newest', 403],
    [undefined, 'newest', 403],
    [undefined, 'forge', 202],
    ['2025-11-25', 'forge', 403],
  ])('the version %s decides: %s gets %d', async (version, entry, status) => {
    const headers = version === undefined ? {} : { 'mcp-protocol-version': version };
    expect(await to(entry, posted(NOTIFICATION, headers))).toMatchObject({ status });
  });

  it('a step-up is a challenge', async () => {
    for (const request of [posted(NOTIFICATION), { method: 'GET' }, posted(call('ping'))]) {
      const response = await to('pay', request);
      expect([response.status, errorIn(response)]).toMatchObject([403, { data: { scopes: ['pay'] } }]);
      expect(response.headers['www-authenticate']).toMatch(
        /error="insufficient_scope", scope="pay", resource_metadata=/,
      );
    }
  });
});

describe('with a session', () => {
  it('pass for a subject whose initialize was allowed, and for no other subject', async () => {
    upstream.respond = ({ message }, response) =>
      reply(response, result(message, {}), 200, { 'mcp-session-id': 'up' });
    const init = posted(call('initialize', { protocolVersion: '2025-11-25' }));
    expect((await to('calls', init)).headers['mcp-session-id']).toBeUndefined();
    const id = (await to('newest', init)).headers['mcp-session-id'];
    const headers = { 'mcp-session-id': id, 'mcp-protocol-version': '2025-06-18' };
    upstream.respond = (_request, response) => response.writeHead(202).end();
    for (const [, request] of LEGACY) {
      const before = upstream.requests.length;
      await to('newest', { ...request, headers: { ...request.headers, ...headers } });
      expect(upstream.requests).toHaveLength(before + 1);
      expect(await to('closed', { ...request, headers: { ...request.headers, ...headers } })).toMatchObject({
        status: 404,
      });
    }
  });
});

describe('an allow', () => {
  const caller: McpCaller = {
    claims: { sub: 'a', role: 'r' },
    audience: 'x',
    ip: '::1',
    headers: { 'x-a': '1' },
  };

  it('is remembered for a minute, for the same caller alone', () => {
    let now = 1_000;
    const admissions = new Admissions({ now: () => now });
    admissions.add(openingOf(caller, 'legacy', '2025-11-25'));
    const has = (more: Partial<McpCaller> = {}) =>
      admissions.has(openingOf({ ...caller, ...more }, 'legacy', '2025-11-25'));
    now += 59_999;
    expect([has(), has({ headers: { 'x-a': '1', traceparent: 'any' } })]).toEqual([true, true]);
    const others = [
      { claims: undefined },
      { claims: { sub: 'b', role: 'r' } },
      { claims: { sub: 'a', role: 's' } },
      { ip: '::2' },
      { headers: { 'x-a': '2' } },
    ];
    for (const other of others) expect(has(other)).toBe(false);
    expect(admissions.has(openingOf(caller, 'legacy', undefined))).toBe(false);
    expect(admissions.has(openingOf(caller, 'modern', '2026-07-28'))).toBe(false);
    now += 2;
    expect(has()).toBe(false);
  });

  it('is one of ten thousand', () => {
    const admissions = new Admissions({ now: () => 1 });
    const openingBy = (sub: number) =>
      openingOf({ ...caller, claims: { sub: String(sub) } }, 'legacy', undefined);
    for (let sub = 0; sub <= 10_000; sub += 1) admissions.add(openingBy(sub));
    expect([
      admissions.has(openingBy(0)),
      admissions.has(openingBy(1)),
      admissions.has(openingBy(10_000)),
    ]).toEqual([false, true, true]);
  });

  it('admits its subject after OPA has stopped, and no other subject', async () => {
    const token = await issuer.sign({ sub: 'alice' });
    for (const [, request] of UNANSWERED)
      expect((await to('opening', request, { token })).status).not.toBe(403);
    await opa.kill();
    for (const [, request] of UNANSWERED)
      expect([202, 405]).toContain((await to('opening', request, { token })).status);
    const stranger = { token: await issuer.sign({ sub: 'carol' }) };
    const before = upstream.requests.length;
    for (const [, request] of UNANSWERED) {
      const response = await to('opening', request, stranger);
      expect([response.status, errorIn(response)]).toMatchObject([503, { code: -32603 }]);
    }
    expect(errorIn(await to('opening', posted(tool('x')), { token }))).toMatchObject({ code: -32603 });
    expect(errorIn(await to('opening', posted(call('ping')), stranger))).toMatchObject({ code: -32603 });
    expect(upstream.requests).toHaveLength(before);
  });
});

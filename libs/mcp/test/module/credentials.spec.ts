import type { ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { McpGatewayOptions, McpServerOptions } from 'nestjs-opa-mcp';
import { Cleanup } from '../../../../test/gateway/support/cleanup.js';
import { send } from '../../../../test/gateway/support/client.js';
import { startOpa } from '../../../../test/gateway/support/opa-process.js';
import { call, modern, tool } from '../../../../test/gateway/mcp/support/mcp-gateway.js';
import { reply, result, startScripted } from '../../../../test/gateway/mcp/support/scripted-server.js';
import type { ScriptedServer } from '../../../../test/gateway/mcp/support/scripted-server.js';
import { HEADERS, startApp } from './support.js';
import type { Started } from './support.js';
import { startTokenServer } from './token-server.js';
import type { TokenServer } from './token-server.js';

const REGO = `package mcp.request
default allow := true
headers["x-tenant"] := sprintf("of-%v", [input.subject.id]) if input.subject.id != "plain"
headers["x-key"] := "of-the-policy" if input.resource.id == "own-key"
allow := false if input.request.headers["x-key"]`;

const cleanup = new Cleanup();
let upstream: ScriptedServer;
let tokens: TokenServer;
let opaUrl: string;
let folder: string;
beforeAll(async () => {
  opaUrl = cleanup.add(await startOpa({ rego: { 'mcp.rego': REGO } }), ({ kill }) => kill()).url;
  upstream = cleanup.add(await startScripted(), ({ close }) => close());
  tokens = cleanup.add(await startTokenServer(), ({ close }) => close());
  folder = cleanup.add(await mkdtemp(join(tmpdir(), 'credentials-')), (path) =>
    rm(path, { recursive: true }),
  );
});
afterAll(() => cleanup.run());
beforeEach(() => {
  tokens.requests.length = 0;
  tokens.valid.clear();
  upstream.requests.length = 0;
  upstream.respond = ({ message }, response) => reply(response, result(message, {}));
});

const initialize = call('initialize', { protocolVersion: '2025-11-25', capabilities: {} });
const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };

describe.each(['express', 'fastify'] as const)('credentials on %s', (platform) => {
  const apps = new Cleanup();
  afterAll(() => apps.run());
  const start = async (
    options: Partial<McpServerOptions> = {},
    others: Partial<McpGatewayOptions> = {},
  ): Promise<Started> => {
    const servers = [{ name: 'up', url: `${upstream.url}/mcp?key=q`, policy: 'mcp/request', ...options }];
    return apps.add(
      await startApp({ platform, body: 'rawBody' }, opaUrl, { servers, ...others }),
      ({ app }) => app.close(),
    );
  };

  it('adds the headers of the entry to every request, and the query of its URL', async () => {
    const file = join(folder, `${platform}-key`);
    await writeFile(file, 'from-file\n');
    const app = await start({ headers: { 'X-Key': 'secret', 'x-file': { file } } });
    upstream.respond = ({ message, method }, response) => {
      if (method !== 'POST') response.writeHead(405).end();
      else reply(response, result(message, {}), 200, { 'mcp-session-id': 's' });
    };
    const opened = await app.post(initialize);
    const headers = { 'mcp-session-id': String(opened.headers['mcp-session-id']) };
    await app.post(initialized, { headers });
    for (const method of ['GET', 'DELETE'])
      await send(app.port, { path: '/mcp/up', method, headers: { accept: HEADERS.accept, ...headers } });
    expect(upstream.requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'GET', 'DELETE']);
    for (const request of upstream.requests)
      expect(request.headers).toMatchObject({ 'x-key': 'secret', 'x-file': 'from-file' });
  });

  it.each(['x-key', 'X-KEY', 'x_key'])('ignores the header %s of a client', async (name) => {
    const app = await start({ headers: { 'x-key': 'secret' } });
    const response = await app.post(tool('any'), { headers: { [name]: 'forged', connection: 'x-key' } });
    expect(response.json()).toHaveProperty('result');
    const request = upstream.requests.at(-1);
    expect(request?.headers['x-key']).toBe('secret');
    expect(JSON.stringify(request?.headers)).not.toContain('forged');
  });

  it('prefers a header that the policy sets', async () => {
    const app = await start({ headers: { 'x-key': 'secret' } });
    await app.post(tool('own-key'));
    expect(upstream.requests.at(-1)?.headers['x-key']).toBe('of-the-policy');
  });

  it("sends the headers of the session's latest allowed request with undecided messages", async () => {
    const app = await start();
    upstream.respond = ({ message, headers }, response) => {
      if (headers['x-tenant'] !== 'of-alice') response.writeHead(401).end();
      else if ('id' in message) reply(response, result(message, {}), 200, { 'mcp-session-id': 's' });
      else response.writeHead(202).end();
    };
    const opened = await app.post(initialize, { user: 'alice' });
    const headers = { 'mcp-session-id': String(opened.headers['mcp-session-id']) };
    expect((await app.post(initialized, { user: 'alice', headers })).status).toBe(202);
    expect((await app.post(call('ping'), { user: 'alice', headers })).status).toBe(200);
    expect((await app.post(initialized, { user: 'alice' })).status).toBe(202);
    for (const method of ['GET', 'DELETE']) {
      await send(app.port, {
        path: '/mcp/up',
        method,
        headers: { accept: HEADERS.accept, ...headers, 'x-user': 'alice' },
      });
      expect(upstream.requests.at(-1)).toMatchObject({ method, headers: { 'x-tenant': 'of-alice' } });
    }
    // The DELETE has ended the session, so nothing of it is stored.
    await app.post(initialized, { user: 'alice', headers });
    expect(upstream.requests.at(-1)?.headers).not.toHaveProperty('x-tenant');
  });

  const auth = (more: object = {}): McpServerOptions['auth'] => ({
    type: 'client_credentials',
    tokenEndpoint: `${tokens.url}/token`,
    clientId: 'my-client',
    clientSecret: 's3cret',
    ...more,
  });
  const demandToken = (): void => {
    upstream.respond = ({ message, headers }, response) => {
      if (tokens.valid.has(String(headers.authorization).replace('Bearer ', '')))
        reply(response, result(message, {}));
      else response.writeHead(401).end();
    };
  };

  it('gets one token for fifty callers, and a new one after a 401', async () => {
    const app = await start({ auth: auth({ scope: 'a b', resource: 'https://up.example' }) });
    demandToken();
    const all = await Promise.all(Array.from({ length: 50 }, () => app.post(tool('any'))));
    expect(all.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(tokens.requests).toEqual([
      {
        authorization: `Basic ${Buffer.from('my-client:s3cret').toString('base64')}`,
        form: { grant_type: 'client_credentials', scope: 'a b', resource: 'https://up.example' },
      },
    ]);
    for (const revocations of [1, 2]) {
      tokens.valid.clear();
      const responses = await Promise.all(Array.from({ length: 20 }, () => app.post(tool('any'))));
      expect(responses.every(({ status }) => status === 200)).toBe(true);
      expect(tokens.requests).toHaveLength(1 + revocations);
    }
  });

  it('sends a request again only once, and requests no more tokens while the upstream refuses all', async () => {
    const app = await start({ auth: auth() });
    upstream.respond = (_, response) => response.writeHead(401).end();
    for (let index = 0; index < 3; index += 1) await app.post(tool('any'));
    expect(upstream.requests).toHaveLength(2 + 1 + 1);
    expect(tokens.requests).toHaveLength(2);
  });

  it('exchanges the token of each user, in both versions of the protocol', async () => {
    const app = await start({
      auth: auth({ type: 'token_exchange', tokenEndpoint: undefined, issuer: tokens.url }),
    });
    demandToken();
    const sendAs = (user: string) => ({ user, headers: { authorization: `Bearer jwt-${user}` } });
    for (const user of ['a', 'b', 'a']) expect((await app.post(tool('any'), sendAs(user))).status).toBe(200);
    const { headers, body } = modern('tools/list');
    await app.post(String(body), { user: 'b', headers: { ...(headers as object), ...sendAs('b').headers } });
    expect(tokens.requests.map(({ form }) => form['subject_token'])).toEqual(['jwt-a', 'jwt-b']);
    expect(tokens.requests[0]?.form).toMatchObject({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    });
    expect(new Set(upstream.requests.map((request) => request.headers.authorization)).size).toBe(2);
    expect((await app.post(tool('any'))).status).toBe(401);
    expect((await app.post(tool('any'), { headers: sendAs('c').headers })).status).toBe(401);
    expect(tokens.requests).toHaveLength(2);
  });

  it('never gives a user the token of another user, also when both call at once', async () => {
    const exchange = auth({ type: 'token_exchange' });
    const app = await start({ auth: exchange });
    demandToken();
    // Two tokens of the user `a` are two subjects: the newer one may have fewer rights.
    const subjects = ['a-1', 'a-2', 'b'];
    const all = Array.from({ length: 30 }, (_, index) => subjects[index % 3] ?? '');
    const responses = await Promise.all(
      all.map((subject) =>
        app.post(tool(subject), {
          user: subject.slice(0, 1),
          headers: { authorization: `Bearer jwt-${subject}` },
        }),
      ),
    );
    expect(responses.every(({ status }) => status === 200)).toBe(true);
    expect(tokens.requests).toHaveLength(3);
    const issuedFor = new Map(tokens.requests.map(({ form }, index) => [form['subject_token'], index]));
    expect([...issuedFor.keys()].toSorted()).toEqual(['jwt-a-1', 'jwt-a-2', 'jwt-b']);
    const used = new Map<unknown, Set<unknown>>();
    for (const { message, headers } of upstream.requests) {
      const name = (message['params'] as { name: string }).name;
      used.set(name, (used.get(name) ?? new Set()).add(headers.authorization));
    }
    expect([...used.values()].map(({ size }) => size)).toEqual([1, 1, 1]);
    expect(new Set([...used.values()].flatMap((values) => [...values])).size).toBe(3);
  });

  it.each([
    ['names the metadata and the scopes', ['https://idp.example'], ['a', 'b']],
    ['is plain without an authorization server', undefined, ['a']],
  ])('the 401 for a missing token of a user %s', async (_, authorizationServers, scopes) => {
    const others = { scopes, ...(authorizationServers && { authorizationServers }) };
    const app = await start({ auth: auth({ type: 'token_exchange' }) }, others);
    const { status, headers } = await app.post(tool('any'));
    const url = `http://127.0.0.1:${app.port}/.well-known/oauth-protected-resource/mcp/up`;
    const parameters = ` scope="${scopes.join(' ')}", resource_metadata="${url}"`;
    expect([status, headers['www-authenticate']]).toEqual([
      401,
      authorizationServers === undefined ? 'Bearer' : `Bearer${parameters}`,
    ]);
  });

  it('maxHeaderBytes limits the headers of a response, and the log names the option but not the query', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    upstream.respond = ({ message }, response) =>
      reply(response, result(message, {}), 200, { 'x-large': 'x'.repeat(8_000) });
    const statuses: number[] = [];
    for (const maxHeaderBytes of [16_384, 1_024]) {
      const app = await start({}, { maxHeaderBytes });
      statuses.push((await app.post(tool('any'))).status);
    }
    const lines = warn.mock.calls.map(([text]) => String(text));
    warn.mockRestore();
    expect(statuses).toEqual([200, 502]);
    expect(lines).toEqual([
      `up (${upstream.url}/mcp): UND_ERR_HEADERS_OVERFLOW the headers are too large; raise maxHeaderBytes`,
    ]);
  });

  it('refuses a response with a transfer coding that Node does not decode', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    upstream.respond = (_, { socket }) =>
      socket?.end(
        'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
      );
    const app = await start();
    expect((await app.post(tool('any'))).status).toBe(502);
    const lines = warn.mock.calls.map(([text]) => String(text));
    warn.mockRestore();
    expect(lines).toEqual([expect.stringContaining('has the Transfer-Encoding "gzip, chunked"')]);
  });

  it.each<[string, (response: ServerResponse) => void, RegExp]>([
    [
      'an OAuth error',
      (response) =>
        response
          .writeHead(401, { 'content-type': 'application/json', 'www-authenticate': 'Basic realm="x"' })
          .end('{"error":"invalid_client","error_description":"s3cret"}'),
      /^up \(.*\): the token request failed: invalid_client$/,
    ],
    [
      'a page',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('s3cret'),
      /OAUTH_/,
    ],
    ['a closed connection', (response) => response.destroy(), /UND_ERR_SOCKET|ECONNRESET/],
    ['silence', () => undefined, /did not answer the token request in time/],
  ])('responds with 502 after %s', async (_, next, line) => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const app = await start({ auth: auth({ timeout: 500 }) });
    demandToken();
    tokens.next = next;
    expect((await app.post(tool('any'))).status).toBe(502);
    const lines = warn.mock.calls.map(([text]) => String(text));
    warn.mockRestore();
    expect(lines).toEqual([expect.stringMatching(line)]);
    expect(lines.join()).not.toContain('s3cret');
    expect((await app.post(tool('any'))).status).toBe(200);
  });
});

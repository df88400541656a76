import type { ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { McpServerOptions } from 'nestjs-opa-mcp';
import { Cleanup } from '../../../../test/gateway/support/cleanup.js';
import { startOpa } from '../../../../test/gateway/support/opa-process.js';
import { modern, tool } from '../../../../test/gateway/mcp/support/mcp-gateway.js';
import { reply, result, startScripted } from '../../../../test/gateway/mcp/support/scripted-server.js';
import type { ScriptedServer } from '../../../../test/gateway/mcp/support/scripted-server.js';
import { startServer } from '../../../../test/gateway/support/upstream.js';
import type { TestServer } from '../../../../test/gateway/support/upstream.js';
import { startApp } from './support.js';
import type { Started } from './support.js';
import { startTokenServer } from './token-server.js';
import type { TokenServer } from './token-server.js';

const cleanup = new Cleanup();
let upstream: ScriptedServer;
let tokens: TokenServer;
let elsewhere: TestServer;
const received: string[] = [];
let opaUrl: string;
beforeAll(async () => {
  const rego = { 'mcp.rego': 'package mcp.request\nallow := true' };
  opaUrl = cleanup.add(await startOpa({ rego }), ({ kill }) => kill()).url;
  upstream = cleanup.add(await startScripted(), ({ close }) => close());
  tokens = cleanup.add(await startTokenServer(), ({ close }) => close());
  elsewhere = cleanup.add(
    await startServer((request, response) => {
      received.push(request.url ?? '');
      response.end();
    }),
    ({ close }) => close(),
  );
});
afterAll(() => cleanup.run());
beforeEach(() => {
  Object.assign(tokens, { lifetime: 3600, endpoint: undefined, next: undefined });
  tokens.requests.length = 0;
  received.length = 0;
  upstream.requests.length = 0;
  upstream.respond = ({ message }, response) => reply(response, result(message, {}));
});

const modernTool = modern('tools/call', { name: 'x' }, 'x');
const json = (body: object) => (response: ServerResponse) =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const issued = (more: object) =>
  json({ access_token: 's3cret', token_type: 'Bearer', expires_in: 60, ...more });

describe.each(['express', 'fastify'] as const)('a hostile server of tokens, on %s', (platform) => {
  const apps = new Cleanup();
  afterAll(() => apps.run());
  const start = async (auth: object, options: Partial<McpServerOptions> = {}): Promise<Started> => {
    const credential = { type: 'client_credentials', clientId: 'me', clientSecret: 's3cret', timeout: 2_000 };
    const servers = [
      {
        name: 'up',
        url: `${upstream.url}/mcp`,
        policy: 'mcp/request',
        ...options,
        auth: { ...credential, ...auth },
      },
    ];
    const started = await startApp({ platform, body: 'rawBody' }, opaUrl, {
      servers: servers as McpServerOptions[],
    });
    return apps.add(started, ({ app }) => app.close());
  };
  const endpoint = (): object => ({ tokenEndpoint: `${tokens.url}/token` });

  /** The status of a call of each version, and what was logged. */
  async function outcome(app: Started, next?: TokenServer['next']): Promise<[number[], string[]]> {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const statuses: number[] = [];
    for (const [body, headers] of [[tool('x')], [String(modernTool.body), modernTool.headers]] as const) {
      tokens.next = next;
      const response = await app.post(body, { headers: (headers ?? {}) as Record<string, string> });
      statuses.push(response.status);
    }
    const lines = warn.mock.calls.map(([text]) => String(text));
    warn.mockRestore();
    expect(lines.join()).not.toContain('s3cret');
    return [statuses, lines];
  }

  it.each<[string, TokenServer['next'], RegExp]>([
    ['a token in a huge response', issued({ padding: 'x'.repeat(1 << 20) }), /RESPONSE_TOO_LARGE$/],
    ['a negative lifetime', issued({ expires_in: -1 }), /OAUTH_INVALID_RESPONSE$/],
    ['a lifetime in words', issued({ expires_in: 'soon' }), /OAUTH_INVALID_RESPONSE$/],
    ['another type of token', issued({ token_type: 'DPoP' }), /the token request failed/],
    ['a token with a line break', issued({ access_token: 's3cret\r\nx-role: admin' }), /invalid .*header/],
    [
      'a redirect',
      (response) => void response.writeHead(307, { location: `${elsewhere.url}/token` }).end(),
      /the token request failed/,
    ],
    [
      'a body that never ends',
      (response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('{'),
      /did not answer the token request in time$/,
    ],
  ])('that responds with %s gives no token, and the log holds no secret', async (_name, next, line) => {
    const [statuses, lines] = await outcome(await start(endpoint()), next);
    expect(statuses).toEqual([502, 502]);
    for (const text of lines) expect(text).toMatch(line);
    expect([upstream.requests, received]).toEqual([[], []]);
  });

  it.each([1e308, 0])('that gives a token a lifetime of %d gives a usable token', async (lifetime) => {
    tokens.lifetime = lifetime;
    expect(await outcome(await start(endpoint()))).toEqual([[200, 200], []]);
  });

  it('whose metadata name a token endpoint without TLS gets no secret', async () => {
    tokens.endpoint = 'http://idp.example/token';
    const [statuses, lines] = await outcome(await start({ issuer: tokens.url }));
    expect(statuses).toEqual([502, 502]);
    for (const text of lines) expect(text).toMatch(/TOKEN_ENDPOINT_WITHOUT_TLS$/);
  });

  it('gives no credential to a client when the upstream repeats its request headers', async () => {
    const app = await start(endpoint(), { headers: { 'x-key': 'the-key' } });
    upstream.respond = ({ message, headers }, response) => {
      const { authorization, 'x-key': key, 'mcp-protocol-version': version } = headers;
      const repeated = { authorization, 'x-key': key, X_Key: key, 'x-version': version ?? 'none' };
      reply(response, result(message, {}), 200, repeated);
    };
    for (const [body, headers] of [[tool('x')], [String(modernTool.body), modernTool.headers]] as const) {
      const response = await app.post(body, { headers: (headers ?? {}) as Record<string, string> });
      expect(response.headers).toHaveProperty('x-version');
      expect(JSON.stringify(response.headers)).not.toMatch(/the-key|token-/);
    }
  });
});

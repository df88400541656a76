import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTokenServer } from '../../libs/mcp/test/module/token-server.js';
import type { TokenServer } from '../../libs/mcp/test/module/token-server.js';
import { Cleanup } from './support/cleanup.js';
import { open, send } from './support/client.js';
import { startOpenGateway } from './support/open-gateway.js';
import type { OpenGateway } from './support/open-gateway.js';
import { failToStart, writeConfig } from './support/gateway-process.js';
import { AUDIENCE, ISSUER, startIssuer } from './support/tokens.js';
import type { Issuer } from './support/tokens.js';

const cleanup = new Cleanup();
let opened: OpenGateway;
let tokens: TokenServer;
let issuer: Issuer;
const received: { headers: Record<string, unknown>; method: string }[] = [];
beforeAll(async () => {
  tokens = cleanup.add(await startTokenServer(), ({ close }) => close());
  issuer = cleanup.add(await startIssuer(), ({ remove }) => remove());
  const folder = cleanup.add(await mkdtemp(join(tmpdir(), 'keys-')), (path) => rm(path, { recursive: true }));
  await writeFile(join(folder, 'key'), 'from-file\n');
  const oauth = { tokenEndpoint: `${tokens.url}/token`, clientId: 'gateway', clientSecret: 's3cret' };
  opened = await startOpenGateway(
    cleanup,
    (request, response) => {
      received.push({ headers: request.headers, method: request.method ?? '' });
      const { authorization } = request.headers;
      const isRefused =
        authorization?.startsWith('Bearer token-') === true && !tokens.valid.has(authorization.slice(7));
      const isUnauthorized = request.url?.endsWith('/unauthorized') === true;
      if (request.url?.endsWith('/repeats') === true) {
        const { 'x-key': key = '', authorization: token = 'none' } = request.headers;
        response.setHeader('trailer', 'x_key');
        response
          .writeHead(200, { 'x-key': key, 'x.key': key, authorization: token, 'x-other': '1' })
          .write('x');
        response.addTrailers({ x_key: String(key) });
        response.end();
        return;
      }
      if (isUnauthorized) response.setHeader('www-authenticate', 'Bearer realm="upstream"');
      response.writeHead(isRefused || isUnauthorized ? 401 : 200).end();
    },
    (url) => [
      { name: 'keyed', url, headers: { 'X-Key': 'secret', 'x-file': { file: join(folder, 'key') } } },
      { name: 'policy', url, policy: 'test/service', headers: { authorization: 'Bearer of-the-entry' } },
      { name: 'oauth', url, auth: { type: 'client_credentials', ...oauth } },
      { name: 'exchange', url, auth: { type: 'token_exchange', ...oauth } },
    ],
    { auth: { jwks: issuer.jwksFile, issuer: ISSUER, audience: AUDIENCE, anonymous: true } },
  );
});
afterAll(() => cleanup.run());

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  send(opened.gateway.port, { path, headers, method });

describe('the credentials of an upstream', () => {
  it.each(['x-key', 'X-KEY', 'x_key'])('replace the header %s of a client', async (name) => {
    expect((await get('/api/keyed/', { [name]: 'forged', connection: 'x-key' })).status).toBe(200);
    expect(received.at(-1)?.headers).toMatchObject({ 'x-key': 'secret', 'x-file': 'from-file' });
    expect(JSON.stringify(received.at(-1)?.headers)).not.toContain('forged');
  });

  it('are logged, and not the fault of the client, when the upstream refuses them', async () => {
    const { status, headers } = await get('/api/keyed/unauthorized');
    expect([status, headers['www-authenticate']]).toEqual([401, undefined]);
    expect(opened.gateway.output()).toContain("the upstream refused the gateway's credential (status 401)");
  });

  it.each(['keyed', 'oauth'])('do not reach the client in a response: %s', async (name) => {
    const response = await open(opened.gateway.port, {
      path: `/api/${name}/repeats`,
      headers: { te: 'trailers' },
    });
    // The trailers follow the body.
    await text(response);
    const { headers, trailers } = response;
    expect(headers['x-other']).toBe('1');
    expect(JSON.stringify([headers, trailers])).not.toMatch(/secret|token-/);
  });

  it('do not hide the challenge of an upstream for which the gateway has none', async () => {
    const { status, headers } = await get('/api/up/unauthorized');
    expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer realm="upstream"']);
  });

  it('give way to the header of a policy', async () => {
    await get('/api/policy/');
    expect(received.at(-1)?.headers['authorization']).toBe('Bearer of-the-gateway');
  });

  it('are one token for all requests, until the upstream refuses the token', async () => {
    const responses = await Promise.all(Array.from({ length: 20 }, () => get('/api/oauth/')));
    expect(responses.every(({ status }) => status === 200)).toBe(true);
    expect(tokens.requests).toHaveLength(1);
    tokens.valid.clear();
    expect((await get('/api/oauth/')).status).toBe(200);
    tokens.valid.clear();
    // A POST can't be sent again, but the next request has a new token.
    expect((await get('/api/oauth/', { 'content-length': '0' }, 'POST')).status).toBe(401);
    expect((await get('/api/oauth/')).status).toBe(200);
    expect(tokens.requests).toHaveLength(3);
  });

  it('are exchanged for the token of the user', async () => {
    const token = await issuer.sign({ sub: 'alice' });
    const before = tokens.requests.length;
    for (let index = 0; index < 2; index += 1) {
      expect((await get('/api/exchange/', { authorization: `Bearer ${token}` })).status).toBe(200);
    }
    expect(tokens.requests.slice(before).map(({ form }) => form['subject_token'])).toEqual([token]);
    expect((await get('/api/exchange/')).status).toBe(401);
  });

  it.each([
    [
      'headers: { mcp-session-id: s3cret }',
      'upstreams[0].headers.mcp-session-id: not a header that an entry may set',
    ],
    ['headers: { x-a: "s3cret\\n" }', 'option "headers.x-a": the value is empty'],
    [
      'forwardToken: true, headers: { authorization: s3cret }',
      'headers.authorization: an entry cannot have both headers.authorization and forwardToken: remove one',
    ],
    [
      'headers: { x-a: { file: /nowhere/s } }',
      'option "headers.x-a": the file /nowhere/s can\'t be read (ENOENT)',
    ],
    ['tls: { ca: /nowhere/ca.pem }', 'tls: leave it out, or give a https:// URL'],
    [
      'auth: { type: client_credentials, clientId: a, clientSecret: s3cret, issuer: "http://idp.example" }',
      'only on loopback',
    ],
  ])('stop the start: %s', async (text, message) => {
    const entry = `{ name: a, url: http://127.0.0.1:1, policy: a, ${text} }`;
    const auth = `{ jwks: ${issuer.jwksFile}, issuer: a, audience: b }`;
    const { file, remove } = await writeConfig(
      `opa: { url: http://127.0.0.1:1 }\nauth: ${auth}\nupstreams: [${entry}]\n`,
    );
    const { code, output } = await failToStart({ GATEWAY_CONFIG: file });
    await remove();
    expect(code).toBe(1);
    expect(output).toContain(message);
    expect(output).not.toContain('s3cret');
  });
});

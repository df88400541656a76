import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RequestListener } from 'node:http';
import { IssuerMetadata } from '../../src/auth/issuer-metadata.js';
import { startServer } from './support/upstream.js';
import type { TestServer } from './support/upstream.js';

const RFC8414 = '/.well-known/oauth-authorization-server/tenant';
const OPENID = '/tenant/.well-known/openid-configuration';

let server: TestServer;
let issuer: string;
let requested: string[];
let respond: RequestListener;
beforeEach(async () => {
  requested = [];
  server = await startServer((request, response) => {
    requested.push(request.url ?? '');
    respond(request, response);
  });
  issuer = `${server.url}/tenant`;
});
afterEach(() => server.close());

const metadata = (
  name: 'oauth-authorization-server' | 'openid-configuration' = 'oauth-authorization-server',
) => new IssuerMetadata(issuer).get(name);

const json =
  (value: () => unknown): RequestListener =>
  (_request, response) =>
    void response.end(JSON.stringify(value()));

it.each([
  ['oauth-authorization-server', RFC8414],
  ['openid-configuration', OPENID],
] as const)('fetches %s', async (name, path) => {
  respond = json(() => ({ issuer, token_endpoint: `${issuer}/token` }));
  await expect(metadata(name)).resolves.toEqual({ issuer, token_endpoint: `${issuer}/token` });
  expect(requested).toEqual([path]);
});

it('serves the other document when the issuer has only one', async () => {
  respond = (request, response) => {
    if (request.url === OPENID) json(() => ({ issuer }))(request, response);
    else response.writeHead(404).end();
  };
  await expect(metadata()).resolves.toEqual({ issuer });
  expect(requested).toEqual([RFC8414, OPENID]);
});

describe('refuses', () => {
  it.each<[string, RequestListener, string]>([
    ['metadata of another issuer', json(() => ({ issuer: 'https://other.example' })), 'another issuer'],
    ['an issuer with one more slash', json(() => ({ issuer: `${issuer}/` })), 'another issuer'],
    ['null', json(() => null), 'another issuer'],
    ['a text that is not JSON', (_request, response) => void response.end('<html>'), 'not valid JSON'],
    ['an error', (_request, response) => void response.writeHead(500).end('{}'), 'status 500'],
    [
      'a redirect',
      (_request, response) => void response.writeHead(302, { location: '/elsewhere' }).end(),
      'fetch failed',
    ],
    [
      'a document of more than 256 KiB',
      json(() => ({ issuer, more: 'x'.repeat(256 * 1024) })),
      'larger than 262144 bytes',
    ],
  ])('%s', async (_name, listener, message) => {
    respond = listener;
    await expect(metadata()).rejects.toThrow(message);
    expect(requested).toEqual([RFC8414, OPENID]);
  });
});

describe('a flood of clients', () => {
  it('causes one request while the document is fetched, and none while it is fresh', async () => {
    respond = json(() => ({ issuer }));
    const shared = new IssuerMetadata(issuer);
    await Promise.all(Array.from({ length: 50 }, () => shared.get('oauth-authorization-server')));
    await shared.get('oauth-authorization-server');
    expect(requested).toEqual([RFC8414]);
  });

  it('causes no further request right after a failure', async () => {
    respond = (_request, response) => void response.writeHead(503).end();
    const shared = new IssuerMetadata(issuer);
    for (let index = 0; index < 5; index += 1) {
      await expect(shared.get('oauth-authorization-server')).rejects.toThrow('status 503');
    }
    expect(requested).toEqual([RFC8414, OPENID]);
  });
});

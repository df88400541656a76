import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { post, tool } from './mcp/support/mcp-gateway.js';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import type { HttpResponse } from './support/client.js';
import type { GatewayProcess } from './support/gateway-process.js';
import { startOpenGateway } from './support/open-gateway.js';
import { AUDIENCE, ISSUER, startIssuer } from './support/tokens.js';
import type { Issuer } from './support/tokens.js';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const cleanup = new Cleanup();
let issuer: Issuer;
let gateway: GatewayProcess;
let received = 0;

beforeAll(async () => {
  issuer = cleanup.add(await startIssuer(), ({ remove }) => remove());
  const entries = (url: string): object[] => [
    { name: 'own', url, audience: 'https://own.example', scopes: ['own:read', 'own:write'] },
    { name: 'list', url, audience: ['list-a', 'list-b'], scopes: [] },
    { name: 'common', url },
  ];
  const opened = await startOpenGateway(
    cleanup,
    (request, response) => {
      received += 1;
      void text(request).then(() => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [] } }));
      });
    },
    entries,
    {
      mcp: (url) => entries(`${url}/mcp`),
      auth: { jwks: issuer.jwksFile, issuer: ISSUER, audience: AUDIENCE, scopes: ['common:use'] },
    },
  );
  gateway = opened.gateway;
});
afterAll(() => cleanup.run());

const KINDS = ['mcp', 'api'] as const;

/** Sends a tool call to an `mcp` entry, or a GET to an `upstreams` entry. */
async function request(kind: (typeof KINDS)[number], name: string, aud?: unknown): Promise<HttpResponse> {
  const token = aud === undefined ? {} : { token: await issuer.sign({ sub: 'ann', aud }) };
  return kind === 'mcp'
    ? post(gateway.port, tool('greet'), { path: `/mcp/${name}`, ...token })
    : send(gateway.port, { path: `/api/${name}/`, ...token });
}

describe.each(KINDS)('the audience of an entry below /%s', (kind) => {
  it.each([
    ['own', 'https://own.example'],
    ['own', [AUDIENCE, 'https://own.example']],
    ['list', 'list-a'],
    ['list', ['other', 'list-b']],
    ['common', AUDIENCE],
    // The router decodes the name, and the guard must find the same entry.
    ['%6fwn', 'https://own.example'],
  ])('%s accepts %j', async (name, aud) => {
    received = 0;
    expect([(await request(kind, name, aud)).status, received]).toEqual([200, 1]);
  });

  it.each([
    ['own', AUDIENCE],
    ['own', 'list-a'],
    ['own', [AUDIENCE, 'list-a', 'list-b']],
    ['own', []],
    ['own', ''],
    ['own', 'https://own.example/'],
    ['own', 'HTTPS://OWN.EXAMPLE'],
    ['own', { 0: 'https://own.example' }],
    ['own', [['https://own.example']]],
    ['%6fwn', AUDIENCE],
    ['list', AUDIENCE],
    ['list', 'https://own.example'],
    ['list', 'list-a,list-b'],
    ['list', 'list-'],
    ['common', 'https://own.example'],
    ['common', ['list-a', 'list-b']],
  ])('%s refuses %j', async (name, aud) => {
    received = 0;
    expect([(await request(kind, name, aud)).status, received]).toEqual([401, 0]);
  });

  it.each([
    ['own', 'scope="own:read own:write"'],
    ['list', undefined],
    ['common', 'scope="common:use"'],
  ])('the first 401 of %s has the scopes of the entry', async (name, scope) => {
    const { status, headers } = await request(kind, name);
    const url = `http://127.0.0.1:${gateway.port}${WELL_KNOWN}/mcp/${name}`;
    const parameters = [scope, ...(kind === 'mcp' ? [`resource_metadata="${url}"`] : [])];
    const challenge = ['Bearer', parameters.filter((part) => part !== undefined).join(', ')].join(' ').trim();
    expect([status, headers['www-authenticate']]).toEqual([401, challenge]);
  });
});

describe('the metadata of an mcp entry', () => {
  it.each([
    ['own', ['own:read', 'own:write']],
    ['list', undefined],
    ['common', ['common:use']],
  ])('%s: scopes_supported is %j', async (name, scopes) => {
    const { json } = await send(gateway.port, { path: `${WELL_KNOWN}/mcp/${name}` });
    expect((json() as Record<string, unknown>)['scopes_supported']).toEqual(scopes);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { startOAuthIssuer } from '../support/oauth-issuer.js';
import type { OAuthIssuer } from '../support/oauth-issuer.js';
import { startTlsTerminator } from '../support/tls-terminator.js';
import type { TlsTerminator } from '../support/tls-terminator.js';
import { send } from '../support/client.js';
import { post, startMcpGateway, tool } from './support/mcp-gateway.js';
import type { McpGateway } from './support/mcp-gateway.js';
import { connectWithOAuth } from './support/oauth-client.js';
import { reply, result } from './support/scripted-server.js';
import type { UpstreamRequest } from './support/scripted-server.js';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

const RESULTS: Readonly<Record<string, object>> = {
  initialize: {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'up', version: '1' },
  },
  'tools/list': { tools: [{ name: 'greet', inputSchema: { type: 'object' } }] },
};

const responseTo = ({ message }: UpstreamRequest): object =>
  result(message, RESULTS[String(message['method'])] ?? {});

describe.each([
  ['keep', '/ai'],
  ['strip', '/ai'],
  ['strip', ''],
] as const)('behind a TLS terminator that can %s the prefix "%s"', (mode, prefix) => {
  const cleanup = new Cleanup();
  let terminator: TlsTerminator;
  let issuer: OAuthIssuer;
  let gateway: McpGateway;
  let resource: string;

  beforeAll(async () => {
    terminator = cleanup.add(await startTlsTerminator(prefix, mode), ({ close }) => close());
    issuer = cleanup.add(await startOAuthIssuer(), ({ close }) => close());
    const publicUrl = terminator.origin + prefix;
    resource = `${publicUrl}/mcp/up`;
    gateway = await startMcpGateway(cleanup, [{ audience: ['unused', resource] }], {
      listen: { publicUrl, trustProxy: ['127.0.0.1'] },
      auth: {
        jwks: issuer.jwksFile,
        issuer: issuer.url,
        audience: 'gateway',
        scopes: ['mcp:read', 'mcp:call'],
        proxyMetadata: true,
      },
    });
    gateway.upstream.respond = (request, response) => {
      if (request.method === 'POST' && 'id' in request.message) reply(response, responseTo(request));
      else response.writeHead(request.method === 'GET' ? 405 : 202).end();
    };
    terminator.forwardTo(gateway.gateway.port);
  });
  afterAll(() => cleanup.run());

  it('the official client finds the issuer, gets a token for this server, and lists the tools', async () => {
    const { client, authorizationUrl } = await connectWithOAuth(resource, terminator.fetch);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['greet']);
    await client.close();
    expect(Object.fromEntries(authorizationUrl.searchParams)).toMatchObject({
      resource,
      scope: 'mcp:read mcp:call',
    });
    expect(authorizationUrl.origin).toBe(issuer.url);
  });

  it('a 401 names the scopes, and the metadata at the place of RFC 9728', async () => {
    const response = await terminator.fetch(resource, { method: 'POST', body: '{}' });
    const metadataUrl = `${terminator.origin}${WELL_KNOWN}${prefix}/mcp/up`;
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer scope="mcp:read mcp:call", resource_metadata="${metadataUrl}"`,
    ]);
  });

  it('serves the metadata at the place of RFC 9728, and below the prefix', async () => {
    for (const path of [`${WELL_KNOWN}${prefix}/mcp/up`, `${prefix}${WELL_KNOWN}/mcp/up`]) {
      const response = await terminator.fetch(terminator.origin + path);
      expect([path, response.status, await response.json()]).toEqual([
        path,
        200,
        {
          resource,
          authorization_servers: [issuer.url],
          scopes_supported: ['mcp:read', 'mcp:call'],
          bearer_methods_supported: ['header'],
        },
      ]);
    }
  });

  it("serves the issuer's metadata wherever a client looks for them", async () => {
    for (const name of ['oauth-authorization-server', 'openid-configuration']) {
      const suffix = `/.well-known/${name}`;
      const places = [suffix, suffix + prefix, `${suffix}${prefix}/mcp/up`, `${prefix}/mcp/up${suffix}`];
      for (const path of [...places, prefix + suffix]) {
        const response = await terminator.fetch(terminator.origin + path);
        expect([path, response.status]).toEqual([path, 200]);
        expect(await response.json()).toMatchObject({ issuer: issuer.url });
      }
    }
  });

  const HOSTS: readonly (readonly [
    what: string,
    host: () => string,
    forwarded: string | undefined,
    status: number,
  ])[] = [
    ['the public host', () => new URL(resource).host, undefined, 401],
    ['the public host without its port', () => new URL(resource).hostname, undefined, 401],
    ['loopback, and the public host from the proxy', () => '127.0.0.1', 'gw.example', 401],
    ['another host', () => 'evil.example', undefined, 403],
    ['loopback, and another host from the proxy', () => '127.0.0.1', 'evil.example', 403],
    ['another host, and loopback from the proxy', () => 'evil.example', '127.0.0.1', 403],
    ['loopback, and from the proxy a text that is no host', () => '127.0.0.1', 'evil.example/path', 400],
  ];
  it.each(HOSTS)('accepts as Host: %s', async (_what, host, forwardedHost, status) => {
    const headers = {
      host: host(),
      'x-forwarded-for': '203.0.113.7',
      ...(forwardedHost !== undefined && { 'x-forwarded-host': forwardedHost }),
    };
    expect((await post(gateway.gateway.port, tool('greet'), { headers })).status).toBe(status);
  });

  it('serves its own routes', async () => {
    expect((await send(gateway.gateway.port, { path: '/health/live' })).status).toBe(200);
    expect((await terminator.fetch(`${terminator.origin}${prefix}/health/live`)).status).toBe(200);
    expect((await terminator.fetch(`${terminator.origin}/other/mcp/up`)).status).toBe(404);
  });
});

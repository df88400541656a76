import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import type { HttpResponse } from './support/client.js';
import { startGateway } from './support/gateway-process.js';
import type { GatewayProcess } from './support/gateway-process.js';
import { writePolicies } from './support/opa-process.js';
import { AUDIENCE, ISSUER, startIssuer } from './support/tokens.js';
import type { Issuer } from './support/tokens.js';

describe('the admin routes', () => {
  const cleanup = new Cleanup();
  let gateway: GatewayProcess;
  let issuer: Issuer;

  beforeAll(async () => {
    issuer = cleanup.add(await startIssuer(), ({ remove }) => remove());
    const { bundle } = cleanup.add(await writePolicies(), ({ remove }) => remove());
    gateway = cleanup.add(
      await startGateway({
        opa: { bundle },
        auth: { jwks: issuer.jwksFile, issuer: ISSUER, audience: AUDIENCE },
        admin: { policy: 'test/request' },
        upstreams: [
          { name: 'up', url: 'http://127.0.0.1:1', policy: 'test/open', response: 'test/response' },
        ],
      }),
      ({ end }) => end(),
    );
  });
  afterAll(() => cleanup.run());

  const get = async (path: string, role?: string): Promise<HttpResponse> => {
    const authorization =
      role === undefined ? {} : { authorization: `Bearer ${await issuer.sign({ sub: 'a', role })}` };
    return send(gateway.port, { path, headers: authorization });
  };

  it('have a policy of their own', async () => {
    expect((await get('/admin/routes')).status).toBe(401);
    expect((await get('/admin/routes', 'nobody')).status).toBe(403);
    expect((await get('/admin/routes', 'editor')).status).toBe(200);
  });

  it('show every route, the decisions, and what permissive policies would have denied', async () => {
    const routes = JSON.parse((await get('/admin/routes', 'editor')).text) as { route: string }[];
    expect(routes).toContainEqual(
      expect.objectContaining({
        route: 'ALL /api/up/*',
        status: 'guarded',
        policies: ['test/open'],
        response: 'test/response',
      }),
    );
    expect(routes.map(({ route }) => route)).toContain('GET /admin/routes');
    expect(JSON.parse((await get('/admin/stats', 'editor')).text)).toMatchObject({ breaker: 'off' });
    expect(JSON.parse((await get('/admin/permissive', 'editor')).text)).toEqual([]);
  });
});

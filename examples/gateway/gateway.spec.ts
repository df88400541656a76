import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../../test/gateway/support/cleanup.js';
import { send } from '../../test/gateway/support/client.js';
import { startGatewayWith } from '../../test/gateway/support/gateway-process.js';
import type { GatewayProcess } from '../../test/gateway/support/gateway-process.js';
import { startOpa } from '../../test/gateway/support/opa-process.js';
import { ISSUER, startIssuer } from '../../test/gateway/support/tokens.js';
import type { Issuer } from '../../test/gateway/support/tokens.js';
import { ORDER, startServer } from '../../test/gateway/support/upstream.js';

describe('the example of the gateway', () => {
  const cleanup = new Cleanup();
  const requests: Pick<IncomingMessage, 'url' | 'headers'>[] = [];
  let issuer: Issuer;
  let gateway: GatewayProcess;
  beforeAll(async () => {
    const upstream = await startServer(({ url, headers }, response) => {
      requests.push({ url: url ?? '', headers });
      response.setHeader('content-type', 'application/json').end(JSON.stringify(ORDER));
    });
    cleanup.add(upstream, ({ close }) => close());
    const rego = await readFile(new URL('policy.rego', import.meta.url), 'utf8');
    const opa = cleanup.add(await startOpa({ rego: { 'policy.rego': rego } }), ({ kill }) => kill());
    issuer = cleanup.add(await startIssuer(), ({ remove }) => remove());
    const env = {
      GATEWAY_CONFIG: fileURLToPath(new URL('gateway.yaml', import.meta.url)),
      OPA_URL: opa.url,
      JWKS: issuer.jwksFile,
      ISSUER,
      ORDERS: `${upstream.url}/v1`,
    };
    gateway = cleanup.add(await startGatewayWith(env), ({ end }) => end());
  });
  afterAll(() => cleanup.run());

  const MASKED = { ...ORDER, customer: { name: 'Ada', email: '***' } };

  it.each([
    ['a viewer', 'viewer', '/1001', 200, MASKED],
    ['an editor', 'editor', '/1001', 200, ORDER],
    ['nobody', undefined, '/1001', 403, { reasons: ['this takes a token'] }],
    ['nobody', undefined, '/public/1001', 200, MASKED],
    ['nobody', undefined, '/public/../1001', 400, {}],
  ])('%s (role %s) gets for %s: %d', async (_name, role, path, status, body) => {
    const token = role && (await issuer.sign({ sub: 'ann', role }));
    const answer = await send(gateway.port, { path: `/api/orders${path}`, ...(token && { token }) });
    expect([answer.status, answer.json()]).toEqual([status, expect.objectContaining(body)]);
  });

  it("sends the upstream the user in the policy's headers only, and not the token", async () => {
    const headers = { 'x-authz-user': 'root', 'x-authz-role': 'root' };
    const token = await issuer.sign({ sub: 'ann' });
    await send(gateway.port, { path: '/api/orders/7?x=1', headers, token });
    expect(requests.at(-1)).toMatchObject({ url: '/v1/7?x=1', headers: { 'x-authz-user': 'ann' } });
    expect(requests.at(-1)?.headers).not.toHaveProperty('x-authz-role');
    expect(requests.at(-1)?.headers).not.toHaveProperty('authorization');
  });

  it('refuses a bad token, also where none is needed', async () => {
    expect(await send(gateway.port, { path: '/api/orders/public/1', token: 'x' })).toMatchObject({
      status: 401,
    });
  });
});

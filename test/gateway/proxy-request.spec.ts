import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import type { GatewayProcess } from './support/gateway-process.js';
import { startOpenGateway } from './support/open-gateway.js';
import { Routes } from './support/routes.js';
import { AUDIENCE, ISSUER, startIssuer } from './support/tokens.js';
import type { Issuer } from './support/tokens.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

/** Headers that could make another request of it, or another client's. */
const MISLEADING = {
  'X-HTTP-Method-Override': 'DELETE',
  'x-method-override': 'DELETE',
  'x-http-method': 'DELETE',
  'x-original-url': '/admin',
  'x-rewrite-url': '/admin',
  'true-client-ip': '6.6.6.6',
  'x-client-ip': '6.6.6.6',
  'x-real-ip': '6.6.6.6',
  'cf-connecting-ip': '6.6.6.6',
  'x-cluster-client-ip': '6.6.6.6',
  'fastly-client-ip': '6.6.6.6',
  forwarded: 'for=6.6.6.6',
  'x-forwarded-user': 'root',
  x_forwarded_for: '6.6.6.6',
  x_tenant: 'other',
  'X_Http-Method_Override': 'DELETE',
  x_policy_path: '/lie',
  'x.policy.path': '/lie',
  'x!real-ip': '6.6.6.6',
  'x-original-method': 'DELETE',
  'x-envoy-original-path': '/admin',
  'x-forwarded': 'for=6.6.6.6',
};

const routes = new Routes();
let gateway: GatewayProcess;
let issuer: Issuer;

beforeAll(async () => {
  issuer = cleanup.add(await startIssuer(), ({ remove }) => remove());
  const entries = (url: string) => [
    { name: 'trusted', url, forwardToken: true },
    { name: 'service', url, policy: 'test/service' },
    { name: 'masked', url, response: 'test/response' },
    {
      name: 'lenient',
      url,
      forwardHeaders: ['X_Tenant', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-host', 'x_authz_user'],
    },
    { name: 'overriding', url, policy: 'test/forwarding' },
    { name: 'reflected', url, policy: 'test/reflect', forwardHeaders: ['x_tenant'] },
  ];
  ({ gateway } = await startOpenGateway(cleanup, routes.handle, entries, {
    opa: { policyHeaders: ['x-authz-*', 'X-Role'], input: { headers: Object.keys(MISLEADING) } },
    admin: { policy: 'test/reflect' },
    auth: { jwks: issuer.jwksFile, issuer: ISSUER, audience: AUDIENCE, anonymous: true },
  }));
});

/** What the upstream gets of a request. */
async function headersOf(entry: string, headers: Record<string, string>, token?: string) {
  let upstreamHeaders: IncomingHttpHeaders = {};
  const path = routes.add((incoming, response) => {
    upstreamHeaders = incoming.headers;
    response.end();
  });
  const { status } = await send(gateway.port, {
    path: `/api/${entry}${path}`,
    headers,
    ...(token && { token }),
  });
  expect(status).toBe(200);
  return upstreamHeaders;
}

describe('the gateway, for a request to an upstream,', () => {
  it("sends the client's headers, without those of the connection", async () => {
    const upstreamHeaders = await headersOf('up', {
      cookie: 'a=b; c=d',
      'x-request-id': 'r1',
      connection: 'close, X-Private, x-policy-path',
      'x-private': '1',
      te: 'gzip',
      'keep-alive': 'timeout=5',
      'proxy-authorization': 'Basic eDp5',
      'proxy-connection': 'close',
    });
    expect(upstreamHeaders).toMatchObject({ cookie: 'a=b; c=d', 'x-request-id': 'r1' });
    // A client can't have a header of the decision taken out.
    expect(upstreamHeaders['x-policy-path']).toMatch(/^\/\d+$/);
    for (const name of ['x-private', 'te', 'keep-alive', 'proxy-authorization', 'proxy-connection']) {
      expect(upstreamHeaders).not.toHaveProperty(name);
    }
  });

  it('sets X-Forwarded-* from the connection, and ignores those of the client', async () => {
    const upstreamHeaders = await headersOf('up', {
      host: 'gateway.example',
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '1',
      'x-real-ip': '6.6.6.6',
      forwarded: 'for=6.6.6.6',
    });
    expect(upstreamHeaders).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'gateway.example',
      'x-forwarded-proto': 'http',
    });
    expect(upstreamHeaders.host).toMatch(/^127\.0\.0\.1:\d+$/);
    for (const name of ['x-forwarded-port', 'x-real-ip', 'forwarded'])
      expect(upstreamHeaders).not.toHaveProperty(name);
  });

  it('removes headers that could change the request or the client', async () => {
    const upstreamHeaders = await headersOf('up', MISLEADING);
    for (const name of Object.keys(MISLEADING))
      expect(upstreamHeaders).not.toHaveProperty(name.toLowerCase());
    expect(upstreamHeaders).toMatchObject({ 'x-forwarded-for': '127.0.0.1' });
  });

  it('hides these headers from policies too', async () => {
    const policyHeaders = async (path: string) =>
      (await send(gateway.port, { path, headers: MISLEADING })).text;
    const decided = await policyHeaders('/api/reflected/x');
    expect(decided).toContain('x_tenant');
    for (const text of [decided.replaceAll('x_tenant', ''), await policyHeaders('/admin/routes')]) {
      expect(text).toContain('Forbidden by policy');
      for (const name of Object.keys(MISLEADING)) expect(text).not.toContain(`\\"${name.toLowerCase()}\\"`);
    }
  });

  it('sends these headers where forwardHeaders names them, except those that only a policy may set', async () => {
    const sent = { ...MISLEADING, 'x-forwarded-for': '6.6.6.6', 'x-forwarded-host': 'a.example' };
    const upstreamHeaders = await headersOf('lenient', {
      ...sent,
      x_authz_user: 'root',
      'x-authz_user': 'root',
    });
    const passed = ['x_tenant', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-host'];
    expect(upstreamHeaders).toMatchObject({
      x_tenant: 'other',
      'x-real-ip': '6.6.6.6',
      'x-forwarded-for': '6.6.6.6, 127.0.0.1',
      'x-forwarded-host': 'a.example',
    });
    for (const name of Object.keys(sent).map((header) => header.toLowerCase())) {
      if (!passed.includes(name)) expect(upstreamHeaders).not.toHaveProperty(name);
    }
    expect(JSON.stringify(upstreamHeaders)).not.toContain('root');
  });

  it('sends these headers where the decision sets them, in place of those of the client', async () => {
    const upstreamHeaders = await headersOf('overriding', { 'x-real-ip': '6.6.6.6', x_real_ip: '6.6.6.6' });
    expect(upstreamHeaders).toMatchObject({ 'x-real-ip': '192.0.2.1', x_tenant: 'acme' });
    expect(upstreamHeaders).not.toHaveProperty('x_real_ip');
  });

  it("sends the user's token only where forwardToken is true", async () => {
    const token = await issuer.sign({ sub: 'bob' });
    expect(await headersOf('up', {}, token)).not.toHaveProperty('authorization');
    expect(await headersOf('trusted', {}, token)).toMatchObject({ authorization: `Bearer ${token}` });
  });

  it('sends a credential that the policy sets', async () => {
    const token = await issuer.sign({ sub: 'bob' });
    const upstreamHeaders = await headersOf('service', {}, token);
    expect(upstreamHeaders).toMatchObject({ authorization: 'Bearer of-the-gateway' });
  });

  it('removes a header of the client that only a policy may set', async () => {
    const upstreamHeaders = await headersOf('up', {
      'x-authz-user': 'root',
      x_authz_user: 'root',
      'X-Role': 'root',
      'X.Role': 'root',
      'x.authz!user': 'root',
      X_Role: 'root',
      'x-roles': 'kept',
    });
    expect(upstreamHeaders).toMatchObject({ 'x-roles': 'kept' });
    for (const name of ['x-authz-user', 'x-role', 'x_authz_user', 'x_role'])
      expect(upstreamHeaders).not.toHaveProperty(name);
  });

  it('removes headers that would hide the response from a response policy', async () => {
    const headers = {
      'accept-encoding': 'gzip',
      'accept-charset': 'utf-16',
      'a-im': 'gzip',
      range: 'bytes=0-1',
      'if-none-match': '"1"',
      'if-modified-since': 'x',
    };
    expect(await headersOf('up', headers)).toMatchObject(headers);
    const upstreamHeaders = await headersOf('masked', headers);
    expect(upstreamHeaders['accept-encoding']).toBe('identity');
    for (const name of Object.keys(headers).slice(1)) expect(upstreamHeaders).not.toHaveProperty(name);
  });

  it('streams a body of any type', async () => {
    const body = randomBytes(1_000_000);
    let begun: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (begun = resolve));
    const path = routes.add((incoming, response) => {
      const hash = createHash('sha256');
      incoming.on('data', (chunk: Buffer) => {
        hash.update(chunk);
        begun();
      });
      incoming.on('end', () => response.end(`${incoming.method ?? ''} ${hash.digest('hex')}`));
    });
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const options = {
      host: '127.0.0.1',
      port: gateway.port,
      path: `/api/up${path}`,
      method: 'PATCH',
      headers,
    };
    const upload = request(options);
    upload.write(body.subarray(0, 1000));
    await first;
    upload.end(body.subarray(1000));
    const [response] = (await once(upload, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    expect(text).toBe(`PATCH ${createHash('sha256').update(body).digest('hex')}`);
  });

  it('sends no body in another coding than its header says', async () => {
    const path = routes.add((_request, response) => response.end());
    const sent = { path: `/api/up${path}`, method: 'POST', body: 'x' };
    const response = await send(gateway.port, { ...sent, headers: { 'transfer-encoding': 'gzip, chunked' } });
    expect(response).toMatchObject({ status: 400 });
    const plain = await send(gateway.port, { ...sent, headers: { 'transfer-encoding': 'Chunked' } });
    expect(plain).toMatchObject({ status: 200 });
  });

  it('sends no body that Fastify would have dropped', async () => {
    const path = routes.add((_request, response) => response.end());
    const sent = { path: `/api/up${path}`, body: 'hidden', headers: { 'content-length': '6' } };
    expect(await send(gateway.port, sent)).toMatchObject({ status: 400 });
  });
});

import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from './support/cleanup.js';
import { open, send } from './support/client.js';
import type { OpenGateway } from './support/open-gateway.js';
import { startOpenGateway } from './support/open-gateway.js';
import { AUDIENCE, ISSUER, startIssuer } from './support/tokens.js';
import type { Issuer } from './support/tokens.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const handlers = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
let issuer: Issuer;
let gateway: OpenGateway['gateway'];

/** Has the upstream answer a path of its own, and gives the path. */
function upstreamAnswers(handler: (request: IncomingMessage, response: ServerResponse) => void): string {
  const name = `/${handlers.size}`;
  handlers.set(name, handler);
  return name;
}

beforeAll(async () => {
  issuer = cleanup.add(await startIssuer(), ({ remove }) => remove());
  ({ gateway } = await startOpenGateway(
    cleanup,
    (incoming, response) => {
      const name = /\/\d+$/.exec((incoming.url ?? '').split('?')[0] ?? '')?.[0] ?? '';
      handlers.get(name)?.(incoming, response);
    },
    (url) => [
      { name: 'trusted', url, forwardToken: true },
      { name: 'service', url, policy: 'test/service' },
      { name: 'late', url, timeout: 300 },
      { name: 'masked', url, timeout: 300, response: 'test/response' },
      { name: 'down', url: 'http://127.0.0.1:1' },
      { name: 'nowhere', url: 'http://nowhere.invalid' },
    ],
    {
      opa: { policyHeaders: ['x-authz-*', 'X-Role'] },
      auth: { jwks: issuer.jwksFile, issuer: ISSUER, audience: AUDIENCE, anonymous: true },
    },
  ));
}, 60_000);

/** What the upstream gets of a request. */
async function headersOf(entry: string, headers: Record<string, string>, token?: string) {
  let got: IncomingHttpHeaders = {};
  const path = upstreamAnswers((incoming, response) => {
    got = incoming.headers;
    response.end();
  });
  const { status } = await send(gateway.port, {
    path: `/api/${entry}${path}`,
    headers,
    ...(token && { token }),
  });
  expect(status).toBe(200);
  return got;
}

describe('what the upstream gets', () => {
  it("is the client's headers, without those of the connection", async () => {
    const got = await headersOf('up', {
      cookie: 'a=b; c=d',
      'x-request-id': 'r1',
      connection: 'close, X-Private, x-policy-path',
      'x-private': '1',
      te: 'trailers',
      'keep-alive': 'timeout=5',
      'proxy-authorization': 'Basic eDp5',
      'proxy-connection': 'close',
    });
    expect(got).toMatchObject({ cookie: 'a=b; c=d', 'x-request-id': 'r1' });
    // A client can't have a header of the decision taken out.
    expect(got['x-policy-path']).toMatch(/^\/\d+$/);
    for (const name of ['x-private', 'te', 'keep-alive', 'proxy-authorization', 'proxy-connection']) {
      expect(got).not.toHaveProperty(name);
    }
  });

  it('is X-Forwarded-* of the connection, whatever the client says', async () => {
    const got = await headersOf('up', {
      host: 'gateway.example',
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '1',
      'x-real-ip': '6.6.6.6',
      forwarded: 'for=6.6.6.6',
    });
    expect(got).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'gateway.example',
      'x-forwarded-proto': 'http',
    });
    expect(got.host).toMatch(/^127\.0\.0\.1:\d+$/);
    for (const name of ['x-forwarded-port', 'x-real-ip', 'forwarded']) expect(got).not.toHaveProperty(name);
  });

  it("is not the user's token, unless the entry says so", async () => {
    const token = await issuer.sign({ sub: 'bob' });
    expect(await headersOf('up', {}, token)).not.toHaveProperty('authorization');
    expect(await headersOf('trusted', {}, token)).toMatchObject({ authorization: `Bearer ${token}` });
  });

  it('is a credential that the policy gives', async () => {
    const token = await issuer.sign({ sub: 'bob' });
    const got = await headersOf('service', {}, token);
    expect(got).toMatchObject({ authorization: 'Bearer of-the-gateway' });
  });

  it('is no header that only a policy may set', async () => {
    const got = await headersOf('up', { 'x-authz-user': 'root', 'X-Role': 'root', 'x-roles': 'kept' });
    expect(got).toMatchObject({ 'x-roles': 'kept' });
    for (const name of ['x-authz-user', 'x-role']) expect(got).not.toHaveProperty(name);
  });

  it('is nothing that would hide the answer from a response policy', async () => {
    const headers = {
      'accept-encoding': 'gzip',
      range: 'bytes=0-1',
      'if-none-match': '"1"',
      'if-modified-since': 'x',
    };
    expect(await headersOf('up', headers)).toMatchObject(headers);
    const got = await headersOf('masked', headers);
    for (const name of Object.keys(headers)) expect(got).not.toHaveProperty(name);
  });

  it('is a body of any type, while it is still being sent', async () => {
    const body = randomBytes(1_000_000);
    let begun: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (begun = resolve));
    const path = upstreamAnswers((incoming, response) => {
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
    const [answer] = (await once(upload, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of answer) text += String(chunk);
    expect(text).toBe(`PATCH ${createHash('sha256').update(body).digest('hex')}`);
  });

  it('is never a body that Fastify would have dropped', async () => {
    const path = upstreamAnswers((_request, response) => response.end());
    const sent = { path: `/api/up${path}`, body: 'hidden', headers: { 'content-length': '6' } };
    expect(await send(gateway.port, sent)).toMatchObject({ status: 400 });
  });
});

describe('what the client gets', () => {
  it("is the upstream's status and headers, without those of the connection", async () => {
    const path = upstreamAnswers((_request, response) => {
      response.writeHead(207, {
        connection: 'keep-alive, x-private',
        'x-private': '1',
        'keep-alive': 'timeout=77',
        'proxy-authenticate': 'Basic',
        'set-cookie': ['a=1', 'b=2'],
        'x-up': 'yes',
        'content-type': 'text/plain; charset=latin1',
      });
      response.end('Hi');
    });
    const { status, headers, text } = await send(gateway.port, { path: `/api/up${path}` });
    expect([status, text]).toEqual([207, 'Hi']);
    expect(headers).toMatchObject({
      'set-cookie': ['a=1', 'b=2'],
      'x-up': 'yes',
      'content-type': 'text/plain; charset=latin1',
    });
    for (const name of ['x-private', 'proxy-authenticate']) expect(headers).not.toHaveProperty(name);
    expect(headers['keep-alive']).not.toBe('timeout=77');
  });

  it('is no header that only a policy may set', async () => {
    const path = upstreamAnswers((_request, response) => {
      response.writeHead(200, { 'X-Authz-User': 'root', 'x-role': 'root', 'x-roles': 'kept' }).end();
    });
    const { headers } = await send(gateway.port, { path: `/api/up${path}` });
    expect(headers).toMatchObject({ 'x-roles': 'kept' });
    for (const name of ['x-authz-user', 'x-role']) expect(headers).not.toHaveProperty(name);
  });

  it('is nothing of an answer that the response policy denies', async () => {
    const path = upstreamAnswers((_request, response) => {
      response.writeHead(500, { 'x-secret': '1', 'set-cookie': 'a=b' }).end('secret');
    });
    const { status, headers, text } = await send(gateway.port, { path: `/api/masked${path}` });
    expect(status).toBe(403);
    expect(text).not.toContain('secret');
    for (const name of ['x-secret', 'set-cookie']) expect(headers).not.toHaveProperty(name);
  });

  it.each([
    [301, { location: 'http://elsewhere.example/x?y' }],
    [304, { etag: '"1"' }],
    [204, { 'x-up': '1' }],
    [404, { 'content-length': '0' }],
    [503, { 'retry-after': '0', 'content-length': '0' }],
  ])('is a %i as it came, asked for once', async (status, headers) => {
    let asked = 0;
    const path = upstreamAnswers((_request, response) => {
      asked++;
      response.writeHead(status, headers).end();
    });
    const answer = await send(gateway.port, { path: `/api/up${path}` });
    expect(answer).toMatchObject({ status, text: '', headers });
    expect(asked).toBe(1);
  });

  it('is the length alone of what HEAD asks for', async () => {
    const path = upstreamAnswers((_request, response) => response.setHeader('content-length', '1234').end());
    const answer = await send(gateway.port, { path: `/api/up${path}`, method: 'HEAD' });
    expect(answer).toMatchObject({ status: 200, text: '', headers: { 'content-length': '1234' } });
  });

  it('is OPTIONS answered by the upstream', async () => {
    const path = upstreamAnswers((_request, response) => response.setHeader('allow', 'GET').end());
    const answer = await send(gateway.port, { path: `/api/up${path}`, method: 'OPTIONS' });
    expect(answer).toMatchObject({ status: 200, headers: { allow: 'GET' } });
  });

  it('is an answer while it is still being given', async () => {
    let finish: () => void = () => undefined;
    const path = upstreamAnswers((_request, response) => {
      response.write('first');
      finish = () => response.end(', last');
    });
    const message = await open(gateway.port, { path: `/api/up${path}` });
    let text = '';
    for await (const chunk of message) {
      text += String(chunk);
      if (text === 'first') finish();
    }
    expect(text).toBe('first, last');
  });

  it('goes away, and the upstream notices', async () => {
    let gone: () => void = () => undefined;
    const noticed = new Promise<void>((resolve) => (gone = resolve));
    let arrived: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => (arrived = resolve));
    const path = upstreamAnswers((_request, response) => {
      response.on('close', () => gone());
      arrived();
    });
    const client = request({ host: '127.0.0.1', port: gateway.port, path: `/api/up${path}` });
    client.on('error', () => undefined).end();
    await waiting;
    client.destroy();
    await expect(noticed).resolves.toBeUndefined();
  });
});

describe('an upstream that fails', () => {
  const SILENT = () => undefined;
  const DROPPED = (incoming: IncomingMessage) => incoming.socket.destroy();
  const CUT_OFF = (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { 'content-length': '100', 'content-encoding': 'gzip', 'x-up': '1' });
    response.flushHeaders();
    setImmediate(() => response.destroy());
  };
  const STALLED = (_request: IncomingMessage, response: ServerResponse) => response.write('begun');

  it.each([
    ['is down', 'down', SILENT, 502],
    ['has no address', 'nowhere', SILENT, 502],
    ['drops the connection', 'up', DROPPED, 502],
    ['breaks off before its body', 'up', CUT_OFF, 502],
    ['does not answer in time', 'late', SILENT, 504],
  ])('%s', async (_name, entry, handler, status) => {
    const path = upstreamAnswers(handler);
    const answer = await send(gateway.port, { path: `/api/${entry}${path}` });
    expect(answer.status).toBe(status);
    expect(answer.json()).toEqual({
      statusCode: status,
      error: expect.any(String),
      message: expect.stringMatching(/^The upstream did not/),
    });
    for (const name of ['content-encoding', 'x-up']) expect(answer.headers).not.toHaveProperty(name);
  });

  it('stalls in a body that a policy wants to see', async () => {
    const path = upstreamAnswers(STALLED);
    const answer = await send(gateway.port, { path: `/api/masked${path}` });
    expect(answer.status).toBe(504);
    expect(answer.text).not.toContain('begun');
  });

  it('breaks off in a body that is under way: the client is not told that it is whole', async () => {
    const path = upstreamAnswers((_request, response) => {
      response.write('begun', () => response.destroy());
    });
    await expect(send(gateway.port, { path: `/api/up${path}` })).rejects.toThrow();
  });

  it('while a large body is sent: the client gets its answer, and the connection goes on', async () => {
    const agent = cleanup.add(new Agent({ keepAlive: true, maxSockets: 1 }), (used) => used.destroy());
    const path = upstreamAnswers((_request, response) => response.end('fine'));
    const sent = { path: `/api/down${path}`, method: 'POST', body: randomBytes(5_000_000), agent };
    expect(await send(gateway.port, sent)).toMatchObject({ status: 502 });
    expect(await send(gateway.port, { path: `/api/up${path}`, agent })).toMatchObject({
      status: 200,
      text: 'fine',
    });
  });
});

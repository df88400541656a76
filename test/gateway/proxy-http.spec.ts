import { METHODS, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import type { GatewayProcess } from './support/gateway-process.js';
import { startOpenGateway } from './support/open-gateway.js';
import { rawConnection } from './support/raw.js';
import { Routes } from './support/routes.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const routes = new Routes();
let gateway: GatewayProcess;
let roomy: GatewayProcess;

beforeAll(async () => {
  const entries = (url: string) => [
    { name: 'denied', url, policy: 'test/reflect' },
    { name: 'seen', url, response: 'test/open' },
  ];
  const opa = { policyHeaders: ['x-authz-*'] };
  ({ gateway } = await startOpenGateway(cleanup, routes.handle, entries, { opa }));
  const listen = { maxHeaderBytes: 1_048_576 };
  ({ gateway: roomy } = await startOpenGateway(cleanup, routes.handle, entries, { listen }));
});

describe('the content type', () => {
  it.each([
    [302, { location: 'https://elsewhere.example/' }, ''],
    [304, {}, ''],
    [205, { 'content-length': '0' }, ''],
    [200, {}, 'some bytes'],
    [200, { 'content-length': '10' }, 'some bytes'],
    [404, {}, 'some bytes'],
  ])('is not made up for a %i with the headers %j', async (status, headers, body) => {
    const path = routes.add((_request, response) => response.writeHead(status, headers).end(body));
    for (const entry of ['up', 'seen']) {
      const response = await send(gateway.port, { path: `/api/${entry}${path}` });
      expect(response).toMatchObject({ status, text: body });
      expect(response.headers).not.toHaveProperty('content-type');
    }
  });
});

describe('the methods that Node parses', () => {
  // A client of CONNECT wants a tunnel. Fastify requires a Content-Type for QUERY.
  const FORWARDED = METHODS.filter((method) => method !== 'CONNECT' && method !== 'QUERY');
  const WITHOUT_BODY = ['GET', 'HEAD', 'TRACE'];

  it.each(FORWARDED)('reach the upstream after a decision: %s', async (method) => {
    const path = routes.add((incoming, response) => {
      let body = '';
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
      incoming.on('end', () => response.setHeader('x-got', `${incoming.method ?? ''} ${body}`).end());
    });
    const body = WITHOUT_BODY.includes(method) ? '' : 'body';
    const headers = body === '' ? {} : { 'content-length': '4' };
    const sent = { method, headers, ...(body !== '' && { body }) };
    const response = await send(gateway.port, { ...sent, path: `/api/up${path}` });
    expect(response).toMatchObject({ status: 200, headers: { 'x-got': `${method} ${body}`.trim() } });
    expect(await send(gateway.port, { ...sent, path: `/api/denied${path}` })).toMatchObject({ status: 403 });
  });

  it('keep their body in one request when Connection names its length', async () => {
    const urls: unknown[] = [];
    const path = routes.add((incoming, response) => {
      urls.push(incoming.url);
      incoming.resume().on('end', () => response.end('fine'));
    });
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
    const { closed } = await rawConnection(
      gateway.port,
      `DELETE /api/up${path} HTTP/1.1\r\nHost: a\r\nConnection: close, Content-Length\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
    );
    expect(await closed).toMatch(/^HTTP\/1\.1 200 /);
    expect(urls).toEqual([`/base${path}`]);
  });
});

describe('trailers', () => {
  it('of a response reach the client, except those that only a policy may set', async () => {
    let te: unknown;
    const path = routes.add((incoming, response) => {
      te = incoming.headers['te'];
      response.writeHead(200, { trailer: 'X-Sum, X-Authz-User' });
      response.write('body');
      response.addTrailers({ 'X-Sum': '7', 'X-Authz-User': 'root', 'Content-Encoding': 'gzip' });
      response.end();
    });
    const trailersOf = async (entry: string) => {
      const outgoing = request({
        host: '127.0.0.1',
        port: gateway.port,
        path: `/api/${entry}${path}`,
        headers: { connection: 'close, TE', te: 'trailers' },
      }).end();
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        outgoing.on('response', resolve).on('error', reject);
      });
      let text = '';
      for await (const chunk of response) text += String(chunk);
      expect(text).toBe('body');
      return response.trailers;
    };
    expect(await trailersOf('up')).toEqual({ 'x-sum': '7' });
    expect(te).toBe('trailers');
    // The response policy does not see trailers.
    expect(await trailersOf('seen')).toEqual({});
    expect(te).toBeUndefined();
  });

  it('of a request reach the upstream, except those that could change the request', async () => {
    let trailers: unknown;
    const path = routes.add((incoming, response) => {
      incoming.resume().on('end', () => {
        trailers = incoming.trailers;
        response.end();
      });
    });
    const fields = [
      'X-Sum: 7',
      'X-Authz-User: root',
      'X_Sum: 8',
      'X-Forwarded-For: 6.6.6.6',
      'Authorization: x',
      'X-Role: admin',
      '__proto__: x',
    ];
    const { closed } = await rawConnection(
      gateway.port,
      `POST /api/up${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Role: user\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n` +
        `4\r\nbody\r\n0\r\n${fields.join('\r\n')}\r\n\r\n`,
    );
    expect(await closed).toMatch(/^HTTP\/1\.1 200 /);
    expect(trailers).toEqual({ 'x-sum': '7' });
  });
});

describe('listen.maxHeaderBytes', () => {
  const LARGE = 'x'.repeat(40_000);

  it('limits the headers of a request', async () => {
    const sent = { path: '/health/live', headers: { 'x-large': LARGE } };
    expect(await send(roomy.port, sent)).toMatchObject({ status: 200 });
    expect(await send(gateway.port, sent)).toMatchObject({ status: 431 });
  });

  it('does not let long white space in a header of an upstream block the gateway', async () => {
    const space = ' '.repeat(300_000);
    const path = routes.add((_request, response) => {
      response.writeHead(200, { refresh: `0${space}x`, 'set-cookie': `a=1; path=a${space}b` }).end();
    });
    const text = `HEAD /api/up${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
    const { closed } = await rawConnection(roomy.port, text);
    expect(await closed).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('limits the headers of a response, and the log names the option', async () => {
    const path = routes.add((_request, response) => response.setHeader('x-large', LARGE).end());
    const { status, headers } = await send(gateway.port, { path: `/api/up${path}` });
    expect([status, headers['x-large']]).toEqual([502, undefined]);
    expect(gateway.output()).toContain('raise listen.maxHeaderBytes');
    const text = `GET /api/up${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
    const { closed } = await rawConnection(roomy.port, text);
    expect(await closed).toContain(LARGE);
  });
});

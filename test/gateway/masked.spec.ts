import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import type { GatewayProcess } from './support/gateway-process.js';
import { startOpenGateway } from './support/open-gateway.js';
import { Routes } from './support/routes.js';
import { ORDER } from './support/upstream.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const routes = new Routes();
let gateway: GatewayProcess;

beforeAll(async () => {
  const entries = (url: string) => [
    { name: 'mask', url, response: 'test/response' },
    { name: 'remove', url, response: 'test/removal' },
  ];
  ({ gateway } = await startOpenGateway(cleanup, routes.handle, entries));
});

const JSON_TYPE = 'application/json';
const TEXT = JSON.stringify(ORDER);

/** What the client gets of an upstream's answer under an obligation. */
function maskedResponse(
  entry: string,
  headers: Record<string, string>,
  body: string | Buffer,
  method = 'GET',
) {
  const path = routes.add((_request, response) => {
    response.writeHead(200, { 'x-up': '1', ...headers }).end(body);
  });
  return send(gateway.port, { path: `/api/${entry}${path}`, method });
}

describe.each([
  ['mask', { ...ORDER, customer: { name: 'Ada', email: '***' } }],
  ['remove', { ...ORDER, customer: { name: 'Ada' } }],
])('under a %s obligation', (entry, expected) => {
  it.each([JSON_TYPE, 'application/json; charset=utf-8', 'application/problem+json', 'Application/JSON'])(
    'a body of type %s is masked, and headers that describe the original body are removed',
    async (type) => {
      const headers = { 'content-type': type, etag: '"1"', 'content-length': String(TEXT.length) };
      const response = await maskedResponse(entry, headers, TEXT);
      expect([response.status, response.json()]).toEqual([200, expected]);
      expect(response.headers).toMatchObject({ 'content-type': type, 'x-up': '1' });
      expect(response.headers['content-length']).toBe(String(response.text.length));
      expect(response.headers).not.toHaveProperty('etag');
    },
  );

  const UNREADABLE: [string, Record<string, string>, string | Buffer][] = [
    ['is text', { 'content-type': 'text/plain' }, TEXT],
    ['has a Content-Type that is no media type', { 'content-type': `text/html${'; '.repeat(60)},` }, TEXT],
    ['has no type', {}, TEXT],
    ['is not JSON after all', { 'content-type': JSON_TYPE }, `${TEXT}]`],
    ['is cut short', { 'content-type': JSON_TYPE }, TEXT.slice(0, -1)],
    ['is not UTF-8', { 'content-type': JSON_TYPE }, Buffer.from(`"é${TEXT}"`, 'latin1')],
    ['is UTF-16', { 'content-type': 'application/json; charset=utf-16le' }, Buffer.from(TEXT, 'utf16le')],
    ['is compressed', { 'content-type': JSON_TYPE, 'content-encoding': 'gzip' }, gzipSync(TEXT)],
    ['is several documents', { 'content-type': 'application/x-ndjson' }, `${TEXT}\n${TEXT}\n`],
    ['is an event stream', { 'content-type': 'text/event-stream' }, `data: ${TEXT}\n\n`],
    [
      'has a number that would change',
      { 'content-type': JSON_TYPE },
      TEXT.replace('1001', '9007199254740993'),
    ],
    ['is too large', { 'content-type': JSON_TYPE }, JSON.stringify([TEXT, 'x'.repeat(4 * 1024 * 1024)])],
  ];
  it.each(UNREADABLE)(
    'a body that %s is refused, and the client gets no part of it',
    async (_name, headers, body) => {
      const response = await maskedResponse(entry, headers, body);
      expect(response.status).toBe(500);
      expect(response.json()).toEqual({
        statusCode: 500,
        error: 'Internal Server Error',
        message: expect.any(String),
      });
      expect(response.text).not.toContain(ORDER.customer.email);
      for (const name of ['x-up', 'content-encoding']) expect(response.headers).not.toHaveProperty(name);
    },
  );

  it.each([
    ['GET', { 'content-type': JSON_TYPE }, 200],
    ['HEAD', { 'content-type': JSON_TYPE }, 200],
    ['DELETE', {}, 204],
    ['GET', { etag: '"1"' }, 304],
  ])('a response to %s without a body passes: %j %i', async (method, headers, status) => {
    const path = routes.add((_request, response) => response.writeHead(status, headers).end());
    const response = await send(gateway.port, { path: `/api/${entry}${path}`, method });
    expect(response).toMatchObject({ status, text: '', headers });
  });

  it('a response to HEAD has no Content-Length: it would be the length before the mask', async () => {
    const length = { 'content-type': JSON_TYPE, 'content-length': String(TEXT.length) };
    const path = routes.add((_request, response) => response.writeHead(200, length).end());
    const response = await send(gateway.port, { path: `/api/${entry}${path}`, method: 'HEAD' });
    expect(response).toMatchObject({ status: 200, text: '', headers: { 'content-type': JSON_TYPE } });
    expect(response.headers).not.toHaveProperty('content-length');
  });
});

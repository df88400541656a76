import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
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

beforeAll(async () => {
  const entries = (url: string) => [
    { name: 'late', url, timeout: 300 },
    { name: 'masked', url, timeout: 300, response: 'test/response' },
    { name: 'down', url: 'http://127.0.0.1:1' },
    { name: 'nowhere', url: 'http://nowhere.invalid' },
  ];
  ({ gateway } = await startOpenGateway(cleanup, routes.handle, entries));
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
    ['does not respond in time', 'late', SILENT, 504],
  ])('%s', async (_name, entry, handler, status) => {
    const path = routes.add(handler);
    const response = await send(gateway.port, { path: `/api/${entry}${path}` });
    expect(response.status).toBe(status);
    expect(response.json()).toEqual({
      statusCode: status,
      error: expect.any(String),
      message: expect.stringMatching(/^The upstream (did not respond in time|sent no usable response)$/),
    });
    for (const name of ['content-encoding', 'x-up']) expect(response.headers).not.toHaveProperty(name);
  });

  it.each([
    ['gzip, chunked', 'gzip, chunked'],
    ['gzip', 'gzip'],
    ['x chunked', 'x chunked'],
  ])('encodes its body for the transfer: %s', async (_name, coding) => {
    const path = routes.add(({ socket }) => {
      socket.end(
        `HTTP/1.1 200 OK\r\nTransfer-Encoding: ${coding}\r\nConnection: close\r\n\r\n2\r\nzz\r\n0\r\n\r\n`,
      );
    });
    expect((await send(gateway.port, { path: `/api/up${path}` })).status).toBe(502);
    expect(gateway.output()).toContain(
      `has the Transfer-Encoding "${coding}"; the gateway reads only "chunked"`,
    );
  });

  it('sends responses with a status 1xx without end: the timeout ends the request', async () => {
    const path = routes.add((_request, response) => {
      const flood = (): void => {
        if (!response.socket?.writable) return;
        response.writeProcessing();
        setImmediate(flood);
      };
      flood();
    });
    expect((await send(gateway.port, { path: `/api/late${path}` })).status).toBe(504);
  });

  it('stalls in a body that a response policy reads', async () => {
    const path = routes.add(STALLED);
    const response = await send(gateway.port, { path: `/api/masked${path}` });
    expect(response.status).toBe(504);
    expect(response.text).not.toContain('begun');
  });

  it('breaks off in a body: the client sees that the response is incomplete', async () => {
    const path = routes.add((_request, response) => {
      response.write('begun', () => response.destroy());
    });
    await expect(send(gateway.port, { path: `/api/up${path}` })).rejects.toThrow();
  });

  it('cannot be reached while the client sends a large body: the client gets 502 and keeps its connection', async () => {
    const agent = cleanup.add(new Agent({ keepAlive: true, maxSockets: 1 }), (used) => used.destroy());
    const path = routes.add((_request, response) => response.end('fine'));
    const sent = { path: `/api/down${path}`, method: 'POST', body: randomBytes(5_000_000), agent };
    expect(await send(gateway.port, sent)).toMatchObject({ status: 502 });
    expect(await send(gateway.port, { path: `/api/up${path}`, agent })).toMatchObject({
      status: 200,
      text: 'fine',
    });
  });
});

it('a client that speaks TLS to the HTTP port is logged once', async () => {
  for (let count = 0; count < 2; count += 1) {
    await (
      await rawConnection(gateway.port, '\x16\x03\x01\x00\x05hello')
    ).closed;
  }
  await gateway.until(/A client sent TLS to the HTTP port/);
  expect(gateway.output().match(/A client sent TLS to the HTTP port/g)).toHaveLength(1);
});

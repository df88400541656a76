import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import type { GatewayProcess } from './support/gateway-process.js';
import { startOpenGateway } from './support/open-gateway.js';
import { rawConnection } from './support/raw.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let gateway: GatewayProcess;
let sockets: WebSocketServer;
const requests: IncomingMessage[] = [];

beforeAll(async () => {
  const entries = (url: string) => [
    { name: 'denied', url, policy: 'test/reflect' },
    { name: 'masked', url, response: 'test/response' },
    { name: 'shared', url, origins: ['https://app.example'] },
  ];
  const opened = await startOpenGateway(
    cleanup,
    (request, response) => {
      requests.push(request);
      request.resume().on('end', () => response.end(request.headers.upgrade ?? 'plain'));
    },
    entries,
  );
  ({ gateway } = opened);
  sockets = cleanup.add(new WebSocketServer({ noServer: true }), (used) => used.close());
  opened.upstream.server.on('upgrade', (request: IncomingMessage, socket, head) => {
    if (request.url?.endsWith('/refused') === true) {
      socket.end('HTTP/1.1 418 No\r\nContent-Length: 4\r\n\r\nnope');
      return;
    }
    const [, protocol] = /\/switch-(.*)$/.exec(request.url ?? '') ?? [];
    if (protocol !== undefined) {
      socket.resume().on('end', () => {
        sockets.emit('switched');
        socket.end();
      });
      const header = protocol === '' ? '' : `Upgrade: ${protocol}\r\n`;
      socket.write(`HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\n${header}\r\nbytes`);
      return;
    }
    requests.push(request);
    sockets.handleUpgrade(request, socket, head, (opened) => {
      opened.send('hello');
      opened.on('message', (data, isBinary) => opened.send(data, { binary: isBinary }));
    });
  });
});

const connect = (path: string, origin?: string): WebSocket =>
  new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`, { ...(origin !== undefined && { origin }) });

const refusal = (path: string, origin?: string): Promise<number | undefined> =>
  new Promise((resolve) => {
    const socket = connect(path, origin);
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode);
      socket.terminate();
    });
  });

describe('a WebSocket', () => {
  it('reaches the upstream with the headers of the decision, and passes bytes both ways', async () => {
    const socket = connect('/api/up/chat?a=1');
    const [greeting] = (await once(socket, 'message')) as [Buffer];
    expect(greeting.toString()).toBe('hello');
    const sent = Buffer.alloc(300_000, 7);
    socket.send(sent);
    const [received] = (await once(socket, 'message')) as [Buffer];
    expect(received.equals(sent)).toBe(true);
    expect(requests.at(-1)).toMatchObject({
      url: '/base/chat?a=1',
      headers: { 'x-policy-path': '/chat', 'x-forwarded-prefix': '/api/up' },
    });
    const [upstreamSide] = [...sockets.clients];
    if (upstreamSide === undefined) throw new Error('the upstream has no WebSocket');
    const closed = once(upstreamSide, 'close');
    socket.terminate();
    await expect(closed).resolves.toEqual([1006, expect.anything()]);
  });

  it('closes when the upstream closes it', async () => {
    const socket = connect('/api/up/chat');
    socket.on('error', () => undefined);
    await once(socket, 'message');
    for (const client of sockets.clients) client.terminate();
    await expect(once(socket, 'close')).resolves.toEqual([1006, expect.anything()]);
  });

  it.each([
    ['denies', '/api/denied/chat', undefined, 403],
    ['cannot read the responses', '/api/masked/chat', undefined, 501],
    ['allows, and the upstream refuses', '/api/up/refused', undefined, 418],
    ['does not see: its page is of another origin', '/api/shared/chat', 'https://other.example', 403],
    ['does not see: no entry has the name', '/api/nobody/chat', undefined, 404],
  ])('that the policy %s gets an HTTP response', async (_what, path, origin, status) => {
    expect(await refusal(path, origin)).toBe(status);
  });

  it('is visible to the policy as request.upgrade', async () => {
    const { closed } = await rawConnection(
      gateway.port,
      'GET /api/denied/x HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n',
    );
    expect(await closed).toMatch(/^HTTP\/1\.1 403 [^]*\\"upgrade\\":\\"websocket\\"/);
  });

  it('is the only protocol that the upstream is offered', async () => {
    const { until, socket } = await rawConnection(
      gateway.port,
      'GET /api/up/chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c, websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await until(/^HTTP\/1\.1 101 [^]*upgrade: websocket\r\n/);
    expect(requests.at(-1)?.headers.upgrade).toBe('websocket');
    socket.destroy();
  });

  it.each(['h2c', ''])('is refused when the upstream switches to the protocol "%s"', async (protocol) => {
    const closed = once(sockets, 'switched');
    expect(await refusal(`/api/up/switch-${protocol}`)).toBe(502);
    await closed;
  });

  it('of a page of an allowed origin opens', async () => {
    const socket = connect('/api/shared/chat', 'https://app.example');
    await expect(once(socket, 'message')).resolves.toHaveLength(2);
    socket.terminate();
  });
});

describe('other requests with the header Upgrade', () => {
  it('ignores h2c, with a body too', async () => {
    const headers = {
      connection: 'Upgrade, HTTP2-Settings',
      upgrade: 'h2c',
      'http2-settings': 'AAMAAABkAARAAAAAAAIAAAAA',
    };
    for (const body of [undefined, 'body']) {
      const method = body === undefined ? 'GET' : 'POST';
      const response = await send(gateway.port, {
        path: '/api/up/x',
        method,
        headers,
        ...(body !== undefined && { body }),
      });
      expect([response.status, response.text]).toEqual([200, 'plain']);
    }
  });

  it('refuses a WebSocket without "Connection: Upgrade"', async () => {
    const before = requests.length;
    const response = await send(gateway.port, { path: '/api/up/x', headers: { upgrade: 'websocket' } });
    expect(response.status).toBe(400);
    expect(requests.length).toBe(before);
  });
});

it('ends with the gateway: an open WebSocket does not keep the process alive', async () => {
  const socket = connect('/api/up/chat');
  socket.on('error', () => undefined);
  await once(socket, 'message');
  const closed = once(socket, 'close');
  expect(await gateway.end()).toBe(0);
  await expect(closed).resolves.toEqual([1006, expect.anything()]);
});

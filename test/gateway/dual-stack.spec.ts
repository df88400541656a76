import type { IncomingHttpHeaders } from 'node:http';
import { afterAll, expect, it } from '@jest/globals';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import { startOpenGateway } from './support/open-gateway.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const MESSAGE = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'x' } });

it('a listener on IPv6 and IPv4 gives policies and upstreams the IPv4 address of an IPv4 client', async () => {
  let upstreamHeaders: IncomingHttpHeaders = {};
  const { gateway } = await startOpenGateway(
    cleanup,
    (request, response) => {
      upstreamHeaders = request.headers;
      response.end();
    },
    (url) => [{ name: 'told', url, policy: 'test/reflect' }],
    {
      // Loopback on an IPv6 socket, where Node gives `::ffff:127.0.0.1` for the client.
      listen: { host: '::ffff:127.0.0.1' },
      mcp: (url) => [
        { name: 'coaz', url, policy: 'test/reflect' },
        { name: 'contextforge', url, policy: 'test/reflect', shape: 'contextforge' },
      ],
    },
  );
  await send(gateway.port, { path: '/api/up/1' });
  expect(upstreamHeaders['x-forwarded-for']).toBe('127.0.0.1');

  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: MESSAGE };
  const response = await send(gateway.port, { path: '/api/told/1' });
  const coaz = await send(gateway.port, { path: '/mcp/coaz', ...post });
  const contextforge = await send(gateway.port, { path: '/mcp/contextforge', ...post });
  for (const { text } of [response, coaz, contextforge]) {
    expect(text).toMatch(/ip\\*":\\*"127\.0\.0\.1\\*"/);
    expect(text).not.toContain('ffff');
  }
});

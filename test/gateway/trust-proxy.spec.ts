import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TrustedProxies } from '../../src/http/trusted-proxies.js';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import { startOpenGateway } from './support/open-gateway.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let received: IncomingHttpHeaders = {};

/** Starts a gateway whose upstream `up` gets the headers, and whose entries `…/reflect` tell the policy's input. */
async function start(listen: object): Promise<number> {
  const { gateway } = await startOpenGateway(
    cleanup,
    (request, response) => {
      received = request.headers;
      response.end();
    },
    (url) => [{ name: 'reflect', url, policy: 'test/reflect' }],
    {
      listen,
      mcp: (url) => [
        { name: 'coaz', url, policy: 'test/reflect' },
        { name: 'contextforge', url, policy: 'test/reflect', shape: 'contextforge' },
      ],
    },
  );
  return gateway.port;
}

const CALL = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'x' } });

/** The client's address in each kind of input. */
async function addresses(port: number, headers: OutgoingHttpHeaders): Promise<unknown[]> {
  const post = {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: CALL,
  };
  const clientResponses = [
    await send(port, { path: '/api/reflect/1', headers }),
    await send(port, { path: '/mcp/coaz', ...post }),
    await send(port, { path: '/mcp/contextforge', ...post }),
  ];
  return clientResponses.map(({ text }) => /ip\\*":\\*"([^"\\]*)/.exec(text)?.[1]);
}

/** The `X-Forwarded-*` headers that the upstream gets. */
async function forwarded(port: number, headers: OutgoingHttpHeaders): Promise<unknown[]> {
  const { status } = await send(port, { path: '/api/up/1', headers });
  expect(status).toBe(200);
  return ['for', 'proto', 'host'].map((name) => received[`x-forwarded-${name}`]);
}

const CLIENT = '198.51.100.9';
const PROXY = '10.1.2.3';

/** The header of a client, the address that policies see, and the chain that the upstream gets. */
const CHAINS: readonly (readonly [what: string, value: string | string[], client: string, chain: string])[] =
  [
    ['one address', CLIENT, CLIENT, `${CLIENT}, 127.0.0.1`],
    ['a trusted proxy in between', `${CLIENT}, ${PROXY}`, CLIENT, `${CLIENT}, ${PROXY}, 127.0.0.1`],
    ['an address that the client forged', `1.1.1.1, ${CLIENT}`, CLIENT, `${CLIENT}, 127.0.0.1`],
    ['a forged address of a trusted proxy', `${PROXY}, ${CLIENT}`, CLIENT, `${CLIENT}, 127.0.0.1`],
    ['several headers', [`1.1.1.1`, CLIENT, PROXY], CLIENT, `${CLIENT}, ${PROXY}, 127.0.0.1`],
    ['trusted addresses alone', PROXY, PROXY, `${PROXY}, 127.0.0.1`],
    ['an IPv4-mapped address', `::ffff:${CLIENT}`, CLIENT, `${CLIENT}, 127.0.0.1`],
    ['an IPv4-mapped trusted proxy', `${CLIENT}, ::ffff:${PROXY}`, CLIENT, `${CLIENT}, ${PROXY}, 127.0.0.1`],
    ['IPv6', '2001:db8::9, fd00::1', '2001:db8::9', '2001:db8::9, fd00::1, 127.0.0.1'],
    ['a port', `${CLIENT}:4711`, CLIENT, `${CLIENT}, 127.0.0.1`],
    ['IPv6 with a port', '[2001:db8::9]:4711', '2001:db8::9', '2001:db8::9, 127.0.0.1'],
    ['a zone', 'fe80::9%eth0', 'fe80::9', 'fe80::9, 127.0.0.1'],
    ['a zone of a trusted proxy', `${CLIENT}, fd00::1%eth0`, CLIENT, `${CLIENT}, fd00::1, 127.0.0.1`],
    ['a zone of an IPv4-mapped address', `::ffff:${CLIENT}%x`, CLIENT, `${CLIENT}, 127.0.0.1`],
    ['a zone of IPv4', `${CLIENT}%eth0`, '127.0.0.1', '127.0.0.1'],
    ['no address', 'unknown', '127.0.0.1', '127.0.0.1'],
    ['an empty text', '', '127.0.0.1', '127.0.0.1'],
    ['no address behind a proxy', `${CLIENT}, unknown, ${PROXY}`, PROXY, `${PROXY}, 127.0.0.1`],
    ['no address before the client', `unknown, ${CLIENT}`, CLIENT, `${CLIENT}, 127.0.0.1`],
  ];

describe('a request of a trusted proxy', () => {
  let port: number;
  beforeAll(async () => {
    port = await start({ trustProxy: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'] });
  });

  it.each(CHAINS)('X-Forwarded-For with %s', async (_what, value, client, chain) => {
    const headers = { 'x-forwarded-for': value };
    expect(await addresses(port, headers)).toEqual([client, client, client]);
    expect((await forwarded(port, headers))[0]).toBe(chain);
  });

  it.each([
    ['https', 'https'],
    ['HTTPS', 'https'],
    ['http, https', 'https'],
    ['https, http', 'http'],
    ['gopher', 'http'],
    ['', 'http'],
  ])('X-Forwarded-Proto "%s" is %s', async (value, protocol) => {
    expect((await forwarded(port, { 'x-forwarded-proto': value }))[1]).toBe(protocol);
  });

  it.each([
    ['gw.example', 'gw.example'],
    ['gw.example:8443', 'gw.example:8443'],
    ['first.example, gw.example', 'gw.example'],
    ['[2001:db8::9]:80', '[2001:db8::9]:80'],
    ['', 'own.example'],
  ])('X-Forwarded-Host "%s" is %s', async (value, host) => {
    expect((await forwarded(port, { host: 'own.example', 'x-forwarded-host': value }))[2]).toBe(host);
  });

  it.each(['user@gw.example', 'gw.example/path', '%65vil.example', 'a b'])(
    'X-Forwarded-Host "%s" is 400',
    async (value) => {
      const { status } = await send(port, { path: '/api/up/1', headers: { 'x-forwarded-host': value } });
      expect(status).toBe(400);
    },
  );

  it('neither the policy nor the upstream gets a header that the gateway does not read', async () => {
    const headers = {
      forwarded: `for=${CLIENT}`,
      'x-real-ip': CLIENT,
      'x-forwarded-server': 'p',
      'x-forwarded-prefix': '/x',
    };
    expect(await addresses(port, headers)).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1']);
    await forwarded(port, headers);
    for (const name of ['forwarded', 'x-real-ip', 'x-forwarded-server'])
      expect(received).not.toHaveProperty(name);
    expect(received['x-forwarded-prefix']).not.toBe('/x');
  });
});

describe.each([
  ['without trustProxy', {}],
  ['with another trusted address', { trustProxy: '10.0.0.0/8' }],
])('a request of an unknown peer, %s', (_what, listen) => {
  it('has the address of the peer, whatever its headers say', async () => {
    const port = await start(listen);
    const headers = {
      host: 'own.example',
      'x-forwarded-for': CLIENT,
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'user@gw.example',
    };
    expect(await addresses(port, { ...headers, host: '127.0.0.1' })).toEqual([
      '127.0.0.1',
      '127.0.0.1',
      '127.0.0.1',
    ]);
    expect(await forwarded(port, headers)).toEqual(['127.0.0.1', 'http', 'own.example']);
  });
});

describe.each([
  ['without a trusted proxy', []],
  // Many proxies pass a client's own header on.
  ['behind a trusted proxy that passes a forged X-Forwarded-Host on', ['127.0.0.1']],
])('publicUrl %s', (_name, trustProxy) => {
  it('is what the upstream gets as protocol and host', async () => {
    const port = await start({ publicUrl: 'https://gw.example:8443/ai', trustProxy });
    const headers = {
      host: 'own.example',
      'x-forwarded-for': CLIENT,
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'forged.example',
    };
    const [, ...address] = await forwarded(port, headers);
    expect(address).toEqual(['https', 'gw.example:8443']);
  });
});

it.each([
  ['10.1.2.3', true],
  ['::ffff:10.1.2.3', true],
  ['::FFFF:a01:203', true],
  ['11.1.2.3', false],
  ['192.0.2.1', true],
  ['192.0.2.2', false],
  ['fd00::1', true],
  ['fe80::1%eth0', true],
  ['fe80::2', false],
  ['garbage', false],
  ['', false],
  [undefined, false],
])('trusts %s: %s', (address, isTrusted) => {
  const proxies = new TrustedProxies(['10.0.0.0/8', '192.0.2.1', 'fd00::/8', 'fe80::1']);
  expect(proxies.has(address)).toBe(isTrusted);
});

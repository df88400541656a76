import { createServer } from 'node:https';
import type { ServerOptions } from 'node:https';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAuthority } from '../../libs/opa/test/support/certificates.js';
import type { Authority } from '../../libs/opa/test/support/certificates.js';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import { failToStart, writeConfig } from './support/gateway-process.js';
import { startOpenGateway } from './support/open-gateway.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

/** The certificate authority of the upstreams, and one that they do not know. */
let ours: Authority;
let theirs: Authority;
let folder: string;
let port: number;

const RESPONSE = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { tools: [] } });

/** Starts an upstream with TLS, REST and MCP in one. Gives its URL. */
async function startUpstream(options: ServerOptions): Promise<string> {
  const server = createServer(options, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(RESPONSE);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.add(server, () => server.close());
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  [ours, theirs] = await Promise.all([createAuthority('ours'), createAuthority('theirs')]);
  folder = cleanup.add(await mkdtemp(join(tmpdir(), 'tls-')), (path) => rm(path, { recursive: true }));
  await writeFile(join(folder, 'ca.pem'), theirs.cert);
  const client = await ours.issue('the gateway');
  const stranger = await theirs.issue('a stranger');
  const plain = await startUpstream(await ours.issue('plain'));
  const named = await startUpstream(await ours.issue('named', 'orders.internal'));
  const strict = await startUpstream({
    ...(await ours.issue('strict')),
    ca: ours.cert,
    requestCert: true,
    rejectUnauthorized: true,
  });
  const ca = ours.cert;
  const entries = [
    { name: 'known', url: plain, tls: { ca } },
    { name: 'unknown', url: plain },
    { name: 'other', url: plain, tls: { ca: theirs.cert } },
    { name: 'client', url: strict, tls: { ca, ...client } },
    { name: 'anonymous', url: strict, tls: { ca } },
    { name: 'stranger', url: strict, tls: { ca, ...stranger } },
    { name: 'servername', url: named, tls: { ca, servername: 'orders.internal' } },
    { name: 'misnamed', url: named, tls: { ca } },
    { name: 'rotated', url: plain, tls: { ca: join(folder, 'ca.pem') } },
  ];
  const { gateway } = await startOpenGateway(
    cleanup,
    (_request, response) => void response.end(),
    () => entries,
    { mcp: () => entries },
  );
  port = gateway.port;
});

const CALLS = {
  upstreams: (name: string) => send(port, { path: `/api/${name}/` }),
  mcp: (name: string) =>
    send(port, {
      method: 'POST',
      path: `/mcp/${name}`,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/list',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/list',
        params: {
          _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities': {},
          },
        },
      }),
    }),
};

describe.each(['upstreams', 'mcp'] as const)('tls of an entry of %s', (kind) => {
  it.each([
    ['known', 'whose authority the entry has'],
    ['client', 'that demands the certificate of the entry'],
    ['servername', 'whose certificate has the server name of the entry'],
  ])('%s: reaches an upstream %s', async (name) => {
    expect(await CALLS[kind](name)).toMatchObject({ status: 200, text: RESPONSE });
  });

  it.each([
    ['unknown', 'of an authority that Node does not know'],
    ['other', 'of another authority than that of the entry'],
    ['anonymous', 'that demands a certificate, and the entry has none'],
    ['stranger', 'that does not know the authority of the entry'],
    ['misnamed', 'whose certificate has another name'],
  ])('%s: refuses an upstream %s', async (name) => {
    const { status, text } = await CALLS[kind](name);
    expect(status).toBe(502);
    expect(text).not.toContain('127.0.0.1');
  });
});

it('reads a replaced file again for new connections', async () => {
  expect((await CALLS.upstreams('rotated')).status).toBe(502);
  await writeFile(join(folder, 'ca.pem'), ours.cert);
  const limit = performance.now() + 60_000;
  let status = 502;
  while (status === 502 && performance.now() < limit) {
    await sleep(200);
    ({ status } = await CALLS.upstreams('rotated'));
  }
  expect(status).toBe(200);
});

describe.each(['upstreams', 'mcp'] as const)('stop the start, of an entry of %s:', (kind) => {
  it.each([
    ['a file that is not there', { ca: './missing.pem' }],
    ['a text that is no certificate', { ca: '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----' }],
  ])('%s', async (_name, tls) => {
    const entry = { name: 'orders', url: 'https://127.0.0.1:1', policy: 'test/open', tls };
    const opa = { url: 'http://127.0.0.1:1', ready: false };
    const { file, remove } = await writeConfig(JSON.stringify({ opa, [kind]: [entry] }));
    const { code, output } = await failToStart({ GATEWAY_CONFIG: file });
    await remove();
    expect(code).toBe(1);
    expect(output).toContain('The entry "orders"');
    expect(output).toMatch(/option "tls/);
  });
});

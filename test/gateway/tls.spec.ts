import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAuthority } from '../../libs/opa/test/support/certificates.js';
import type { Authority, KeyPair } from '../../libs/opa/test/support/certificates.js';
import { Cleanup } from './support/cleanup.js';
import { rawConnection } from './support/raw.js';
import { failToStart, writeConfig } from './support/gateway-process.js';
import type { GatewayProcess } from './support/gateway-process.js';
import { startOpenGateway } from './support/open-gateway.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let authority: Authority;
let folder: string;
let files: { cert: string; key: string };

beforeAll(async () => {
  authority = await createAuthority('gateway');
  folder = cleanup.add(await mkdtemp(join(tmpdir(), 'tls-')), (path) => rm(path, { recursive: true }));
  files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
});

async function store({ cert, key }: KeyPair): Promise<void> {
  await writeFile(files.key, key);
  await writeFile(files.cert, cert);
}

/** The status of a request, and the common name of the certificate of its connection. */
function get(port: number, agent?: Agent): Promise<{ status: number; name: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/api/up/1', ca: authority.cert, agent: agent ?? false };
    request(options, (response) => {
      const name = String((response.socket as TLSSocket).getPeerCertificate().subject.CN);
      response.resume().on('end', () => resolve({ status: response.statusCode ?? 0, name }));
    })
      .on('error', reject)
      .end();
  });
}

describe('listen.tls', () => {
  let gateway: GatewayProcess;
  beforeAll(async () => {
    await store(await authority.issue('first'));
    ({ gateway } = await startOpenGateway(
      cleanup,
      (received, response) => response.end(received.headers['x-forwarded-proto']),
      () => [],
      { listen: { tls: files } },
    ));
  });

  it('serves HTTPS, and logs its HTTPS address', async () => {
    expect(await get(gateway.port)).toEqual({ status: 200, name: 'first' });
    expect(gateway.output()).toContain(`Listening on https://127.0.0.1:${gateway.port}`);
  });

  it('uses new files for new connections, and an open connection goes on', async () => {
    const agent = cleanup.add(new Agent({ keepAlive: true, maxSockets: 1 }), (open) => open.destroy());
    expect((await get(gateway.port, agent)).name).toBe('first');
    await store(await authority.issue('second'));
    await gateway.until(/Uses the new certificate/);
    expect((await get(gateway.port)).name).toBe('second');
    expect(await get(gateway.port, agent)).toEqual({ status: 200, name: 'first' });
  });

  it('keeps the old certificate when the new files are wrong', async () => {
    const { name } = await get(gateway.port);
    await writeFile(files.cert, 'no certificate');
    await gateway.until(/Keeps the old certificate: listen\.tls: .*cert\.pem/);
    expect(await get(gateway.port)).toEqual({ status: 200, name });
  });

  it('responds to plain HTTP with 400 and a text, and logs one line', async () => {
    const responses = [1, 2].map(async () => {
      const { closed } = await rawConnection(gateway.port, 'GET / HTTP/1.1\r\nHost: gw.example\r\n\r\n');
      return closed;
    });
    for (const response of responses)
      expect(await response).toMatch(
        /^HTTP\/1\.1 400 [^]*text\/plain[^]*\r\n\r\nThis port serves HTTPS\. Use an https:\/\/ URL\.\n$/,
      );
    expect(gateway.output().match(/A client sent plain HTTP to the HTTPS port/g)).toHaveLength(1);
    expect((await get(gateway.port)).status).toBe(200);
  });

  it('closes unused connections when the gateway ends', async () => {
    const unused = connect({ host: '127.0.0.1', port: gateway.port, ca: authority.cert });
    await new Promise((resolve) => unused.once('secureConnect', resolve));
    const closed = new Promise((resolve) => unused.once('close', resolve));
    unused.on('error', () => undefined).resume();
    expect(await gateway.end()).toBe(0);
    await closed;
  });
});

describe('wrong files stop the start', () => {
  it.each([
    ['no file', () => undefined, /listen\.tls\.cert: .*missing\.pem can't be read \(ENOENT\)/],
    [
      'no certificate',
      () => ({ cert: 'x' }),
      /listen\.tls: .*cert\.pem and .*key\.pem are not a certificate/,
    ],
    [
      'the key of another certificate',
      () => ({ key: authority.key }),
      /listen\.tls: .*are not a certificate/,
    ],
  ] as [string, () => Partial<KeyPair> | undefined, RegExp][])('%s', async (_what, changed, message) => {
    const change = changed();
    await store({ ...(await authority.issue('third')), ...change });
    const tls = change === undefined ? { ...files, cert: join(folder, 'missing.pem') } : files;
    const upstreams = [{ name: 'up', url: 'http://127.0.0.1:1', policy: 'a/b' }];
    const { file, remove } = await writeConfig(JSON.stringify({ listen: { tls }, upstreams }));
    const { code, output } = await failToStart({ GATEWAY_CONFIG: file });
    await remove();
    expect([code, output]).toEqual([1, expect.stringMatching(message)]);
    expect(output.trim().split('\n')).toHaveLength(1);
  });
});

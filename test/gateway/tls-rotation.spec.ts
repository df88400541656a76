import { watchFile } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { createAuthority } from '../../libs/opa/test/support/certificates.js';
import type { Authority, KeyPair } from '../../libs/opa/test/support/certificates.js';
import { readTls, watchTls } from '../../src/http/index.js';
import { Cleanup } from './support/cleanup.js';

const cleanup = new Cleanup();
let authority: Authority;
let server: Server;
let paths: { cert: string; key: string };
let log: jest.SpiedFunction<Logger['log']>;

beforeAll(async () => {
  authority = await createAuthority('gateway');
});
beforeEach(async () => {
  log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
  const folder = cleanup.add(await mkdtemp(join(tmpdir(), 'tls-')), (path) => rm(path, { recursive: true }));
  paths = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  await store(await authority.issue('first'));
  server = cleanup.add(createServer(await readTls(paths)), (open) => open.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  watchTls(server, paths);
});
afterEach(() => void jest.restoreAllMocks());
afterAll(() => cleanup.run());

const store = (pair: Partial<KeyPair>): Promise<unknown> =>
  Promise.all(Object.entries(pair).map(([part, pem]) => writeFile(paths[part as keyof KeyPair], pem)));

/** Replaces one file, and waits until the gateway has seen the change: Node calls all listeners of a file together. */
async function replace(part: keyof KeyPair, pem: string): Promise<void> {
  const noticed = new Promise<void>((resolve) => watchFile(paths[part], () => resolve()));
  await writeFile(paths[part], pem);
  await noticed;
}

/** The common name of the certificate that a new connection gets. */
const servedName = (): Promise<string> =>
  new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ host: '127.0.0.1', port, ca: authority.cert }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });

it.each([
  ['cert', 'key'],
  ['key', 'cert'],
] as const)(
  'a rotation of the %s, and then of the %s, logs no warning and refuses no connection',
  async (...order) => {
    const second = await authority.issue('second');
    const used = new Promise<void>((resolve) => log.mockImplementation(() => resolve()));
    await replace(order[0], second[order[0]]);
    expect(await servedName()).toBe('first');
    await replace(order[1], second[order[1]]);
    await used;
    expect(await servedName()).toBe('second');
  },
);

it('files that stay mismatched cause one warning, and the old certificate stays', async () => {
  const warned = new Promise((resolve) => jest.spyOn(Logger.prototype, 'warn').mockImplementation(resolve));
  await replace('key', (await authority.issue('second')).key);
  expect(await warned).toMatch(
    /^Keeps the old certificate: listen\.tls: .* are not a certificate and its key/,
  );
  expect(await servedName()).toBe('first');
});

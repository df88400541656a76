import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { OpaModuleOptions, OpaTlsOptions } from 'nestjs-opa';
import { tlsSource } from 'nestjs-opa/internal';
import type { OpaServer } from 'nestjs-opa/testing';
import { tempFolder } from '../engines/support/temp.js';
import { cleanUp, fakeClock, start } from '../resilience/support.js';
import type { Authority, KeyPair } from '../support/certificates.js';
import { createAuthority } from '../support/certificates.js';
import { startTlsOpa } from '../support/tls-opa.js';

/** Options without retries, and with time for the handshakes of a busy machine. */
const noRetries: OpaModuleOptions = {
  retry: false,
  circuitBreaker: false,
  timeout: 10_000,
  pool: { connectTimeout: 10_000 },
};

const decide = async (url: string, tls?: OpaTlsOptions) =>
  (await start({ ...noRetries, url, ...(tls && { tls }) })).decide({ input: { n: 1 } });

const allowed = { outcome: 'allow', engine: 'remote' };
const unreachable = { code: 'OPA_UNREACHABLE' };

let authority: Authority;
let otherAuthority: Authority;
beforeAll(async () => {
  [authority, otherAuthority] = await Promise.all([createAuthority('ours'), createAuthority('theirs')]);
});

afterEach(cleanUp);

/** A folder whose files the test can replace atomically, as a rotation does. */
async function rotatedFiles(): Promise<{
  path(name: string): string;
  put(name: string, pem: string): Promise<void>;
}> {
  const folder = await tempFolder();
  const path = (name: string): string => join(folder, name);
  const put = async (name: string, pem: string): Promise<void> => {
    await writeFile(path('new'), pem);
    await rename(path('new'), path(name));
  };
  return { path, put };
}

describe("OPA's certificate", () => {
  let opa: OpaServer;
  let opaByName: OpaServer;
  beforeAll(async () => {
    opa = await startTlsOpa(await authority.issue('opa'));
    opaByName = await startTlsOpa(await authority.issue('opa', 'opa.internal'));
  });
  afterAll(() => Promise.all([opa.stop(), opaByName.stop()]));

  it.each([
    ['PEM text', () => authority.cert],
    ['a Buffer', () => Buffer.from(authority.cert)],
    [
      'a path',
      async () => {
        const { path, put } = await rotatedFiles();
        await put('ca.pem', authority.cert);
        return path('ca.pem');
      },
    ],
  ])('is accepted from an authority passed as %s', async (_name, ca) => {
    await expect(decide(opa.url, { ca: await ca() })).resolves.toMatchObject(allowed);
  });

  it.each([
    ['another authority', () => ({ ca: otherAuthority.cert })],
    ['an authority that the system does not know', () => undefined],
  ])('is refused from %s', async (_name, tls) => {
    const refused = decide(opa.url, tls());
    await expect(refused).rejects.toMatchObject({
      ...unreachable,
      message: expect.stringContaining(opa.url),
    });
  });

  it('is accepted from an authority whose file has changed', async () => {
    const clock = fakeClock();
    const { path, put } = await rotatedFiles();
    await put('ca.pem', otherAuthority.cert);
    const service = await start({ ...noRetries, url: opa.url, tls: { ca: path('ca.pem') } });
    await expect(service.decide({ input: { n: 1 } })).rejects.toMatchObject(unreachable);
    await put('ca.pem', authority.cert);
    clock.pass(1_001);
    await expect(service.decide({ input: { n: 1 } })).resolves.toMatchObject(allowed);
  });

  it('must carry the requested host name', async () => {
    await expect(decide(opaByName.url, { ca: authority.cert })).rejects.toMatchObject({
      ...unreachable,
      cause: expect.objectContaining({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }),
    });
    const other = { ca: authority.cert, servername: 'other.internal' };
    await expect(decide(opaByName.url, other)).rejects.toMatchObject(unreachable);
    const right = { ca: authority.cert, servername: 'opa.internal' };
    await expect(decide(opaByName.url, right)).resolves.toMatchObject(allowed);
  });

  it('is checked once for each connection, not for each decision', async () => {
    const service = await start({ ...noRetries, url: opa.url, tls: { ca: authority.cert } });
    for (const n of [1, 2, 3]) await service.decide({ input: { n } });
    expect(service.stats().sockets).toMatchObject({ created: 1, reused: 2 });
  });
});

describe('the client certificate, for an OPA that requires one', () => {
  let opa: OpaServer;
  let ca: string;
  let gateway: KeyPair;
  let other: KeyPair;
  beforeAll(async () => {
    ca = authority.cert;
    gateway = await authority.issue('gateway');
    other = await authority.issue('other');
    opa = await startTlsOpa(await authority.issue('opa'), authority);
  });
  afterAll(() => opa.stop());

  it.each([
    ['PEM text', () => gateway],
    ['Buffers', () => ({ cert: Buffer.from(gateway.cert), key: Buffer.from(gateway.key) })],
    [
      'paths',
      async () => {
        const { path, put } = await rotatedFiles();
        await put('cert.pem', gateway.cert);
        await put('key.pem', gateway.key);
        return { cert: path('cert.pem'), key: path('key.pem') };
      },
    ],
  ])('is sent, passed as %s', async (_name, pair) => {
    await expect(decide(opa.url, { ca, ...(await pair()) })).resolves.toMatchObject(allowed);
  });

  describe.each(['TLSv1.2', 'TLSv1.3'] as const)('under %s', (version) => {
    const usual = tls.DEFAULT_MAX_VERSION;
    beforeAll(() => {
      tls.DEFAULT_MAX_VERSION = version;
    });
    afterAll(() => {
      tls.DEFAULT_MAX_VERSION = usual;
    });

    it.each([
      ['no certificate', () => undefined],
      ["another authority's", () => otherAuthority.issue('gateway')],
      ['a self-signed one', () => ({ cert: otherAuthority.cert, key: otherAuthority.key })],
      ['an expired one', () => authority.issue('gateway', undefined, new Date(Date.now() - 60_000))],
      ["another client's", () => other],
    ])('is refused, and does not lead to fail-open: %s', async (_name, pair) => {
      const options = { ...noRetries, url: opa.url, onUnavailable: 'allow' } as const;
      const service = await start({ ...options, tls: { ca, ...(await pair()) } });
      await expect(service.decide({ input: { n: 1 } })).rejects.toMatchObject({ code: 'OPA_UNAUTHORIZED' });
    });
  });

  it('is read again when its files change; the previous pair stays in use while certificate and key do not match', async () => {
    const clock = fakeClock();
    const { path, put } = await rotatedFiles();
    await put('cert.pem', other.cert);
    await put('key.pem', other.key);
    const tls = { ca, cert: path('cert.pem'), key: path('key.pem') };
    const service = await start({ ...noRetries, url: opa.url, tls });
    const decide = () => service.decide({ input: { n: 1 } });
    await expect(decide()).rejects.toMatchObject({ code: 'OPA_UNAUTHORIZED' });

    await put('cert.pem', gateway.cert);
    clock.pass(1_001);
    await expect(decide()).rejects.toMatchObject({ code: 'OPA_UNAUTHORIZED' });

    await put('key.pem', gateway.key);
    clock.pass(1_001);
    await expect(decide()).resolves.toMatchObject(allowed);
  });

  it('causes one warning when its new certificate and key still do not match after five seconds', async () => {
    const clock = fakeClock();
    const { path, put } = await rotatedFiles();
    await put('cert.pem', gateway.cert);
    await put('key.pem', gateway.key);
    const pair = { cert: path('cert.pem'), key: path('key.pem') };
    const read = tlsSource(pair, 'The entry "x"', 'Upstream');
    if (typeof read !== 'function') throw new Error('the source reads no file');
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const identityAfter = async (ms: number) => {
      clock.pass(ms);
      return (await read()).cert?.toString();
    };
    await put('key.pem', other.key);
    for (const ms of [1_001, 3_000]) expect(await identityAfter(ms)).toBe(gateway.cert);
    expect(warn).not.toHaveBeenCalled();
    for (const ms of [2_000, 1_001]) expect(await identityAfter(ms)).toBe(gateway.cert);
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(
          /^The entry "x": .* do not belong together\. The module keeps using the previous identity\.$/,
        ),
      ],
    ]);
    warn.mockRestore();
    await put('cert.pem', other.cert);
    expect(await identityAfter(1_001)).toBe(other.cert);
  });
});

describe('option "tls" stops the start', () => {
  const startWith = (tls: OpaTlsOptions) => start({ url: 'https://127.0.0.1:1', tls });

  it.each(['ca', 'cert', 'key'] as const)('when the file of "%s" is missing', async (name) => {
    const { path } = await rotatedFiles();
    const pair = { cert: authority.cert, key: authority.key };
    await expect(startWith({ ...pair, [name]: path('missing.pem') })).rejects.toMatchObject({
      code: 'OPA_BAD_OPTIONS',
      message: expect.stringMatching(
        new RegExp(`"tls.${name}": the file /.*missing.pem can't be read \\(ENOENT\\)`),
      ),
      cause: expect.objectContaining({ code: 'ENOENT' }),
    });
  });

  it.each([
    ['are not PEM', () => ({ cert: Buffer.from('s3cret'), key: Buffer.from('s3cret') })],
    ['have an authority that is not PEM', () => ({ ca: Buffer.from('s3cret') })],
    ['are of two pairs', async () => ({ ...(await authority.issue('a')), key: otherAuthority.key })],
  ])('when its parts %s; the error does not reveal the parts', async (_name, tls) => {
    const error: unknown = await startWith(await tls()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'OPA_BAD_OPTIONS', message: expect.stringContaining('"tls"') });
    expect(String(error)).not.toMatch(/s3cret|-----BEGIN/);
  });
});

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
import type { Authority, Pair } from '../support/certificates.js';
import { createAuthority } from '../support/certificates.js';
import { startTlsOpa } from '../support/tls-opa.js';

/** Asks once, and leaves a busy machine the time for its handshakes. */
const patient: OpaModuleOptions = {
  retry: false,
  circuitBreaker: false,
  timeout: 10_000,
  pool: { connectTimeout: 10_000 },
};

const ask = async (url: string, tls?: OpaTlsOptions) =>
  (await start({ ...patient, url, ...(tls && { tls }) })).decide({ input: { n: 1 } });

const allowed = { outcome: 'allow', engine: 'remote' };
const unreachable = { code: 'OPA_UNREACHABLE' };

let authority: Authority;
let stranger: Authority;
beforeAll(async () => {
  [authority, stranger] = await Promise.all([createAuthority('ours'), createAuthority('theirs')]);
});

afterEach(cleanUp);

/** Files that can be replaced, as a rotation does it. */
async function files(): Promise<{
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
  let named: OpaServer;
  beforeAll(async () => {
    opa = await startTlsOpa(await authority.issue('opa'));
    named = await startTlsOpa(await authority.issue('opa', 'opa.internal'));
  });
  afterAll(() => Promise.all([opa.stop(), named.stop()]));

  it.each([
    ['PEM text', () => authority.cert],
    ['a Buffer', () => Buffer.from(authority.cert)],
    [
      'a path',
      async () => {
        const { path, put } = await files();
        await put('ca.pem', authority.cert);
        return path('ca.pem');
      },
    ],
  ])('is accepted from an authority given as %s', async (_name, ca) => {
    await expect(ask(opa.url, { ca: await ca() })).resolves.toMatchObject(allowed);
  });

  it.each([
    ['an authority that is not the given one', () => ({ ca: stranger.cert })],
    ['an authority that the system does not know', () => undefined],
  ])('is refused from %s', async (_name, tls) => {
    const refused = ask(opa.url, tls());
    await expect(refused).rejects.toMatchObject({
      ...unreachable,
      message: expect.stringContaining(opa.url),
    });
  });

  it('is accepted from an authority whose file has changed', async () => {
    const clock = fakeClock();
    const { path, put } = await files();
    await put('ca.pem', stranger.cert);
    const service = await start({ ...patient, url: opa.url, tls: { ca: path('ca.pem') } });
    await expect(service.decide({ input: { n: 1 } })).rejects.toMatchObject(unreachable);
    await put('ca.pem', authority.cert);
    clock.pass(1_001);
    await expect(service.decide({ input: { n: 1 } })).resolves.toMatchObject(allowed);
  });

  it('must carry the requested host name', async () => {
    await expect(ask(named.url, { ca: authority.cert })).rejects.toMatchObject({
      ...unreachable,
      cause: expect.objectContaining({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }),
    });
    const other = { ca: authority.cert, servername: 'other.internal' };
    await expect(ask(named.url, other)).rejects.toMatchObject(unreachable);
    const right = { ca: authority.cert, servername: 'opa.internal' };
    await expect(ask(named.url, right)).resolves.toMatchObject(allowed);
  });

  it('is checked once for each connection, not for each decision', async () => {
    const service = await start({ ...patient, url: opa.url, tls: { ca: authority.cert } });
    for (const n of [1, 2, 3]) await service.decide({ input: { n } });
    expect(service.stats().sockets).toMatchObject({ created: 1, reused: 2 });
  });
});

describe('the client certificate, for an OPA that requires one', () => {
  let opa: OpaServer;
  let ca: string;
  let gateway: Pair;
  let other: Pair;
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
        const { path, put } = await files();
        await put('cert.pem', gateway.cert);
        await put('key.pem', gateway.key);
        return { cert: path('cert.pem'), key: path('key.pem') };
      },
    ],
  ])('is sent, given as %s', async (_name, pair) => {
    await expect(ask(opa.url, { ca, ...(await pair()) })).resolves.toMatchObject(allowed);
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
      ['none', () => undefined],
      ["another authority's", () => stranger.issue('gateway')],
      ['one that is signed by itself', () => ({ cert: stranger.cert, key: stranger.key })],
      ['one that has expired', () => authority.issue('gateway', undefined, new Date(Date.now() - 60_000))],
      ["another client's", () => other],
    ])('is refused, and does not lead to fail-open: %s', async (_name, pair) => {
      const options = { ...patient, url: opa.url, onUnavailable: 'allow' } as const;
      const service = await start({ ...options, tls: { ca, ...(await pair()) } });
      await expect(service.decide({ input: { n: 1 } })).rejects.toMatchObject({ code: 'OPA_UNAUTHORIZED' });
    });
  });

  it('is read again when its files change, and stays what it was while they do not fit together', async () => {
    const clock = fakeClock();
    const { path, put } = await files();
    await put('cert.pem', other.cert);
    await put('key.pem', other.key);
    const tls = { ca, cert: path('cert.pem'), key: path('key.pem') };
    const service = await start({ ...patient, url: opa.url, tls });
    const decide = () => service.decide({ input: { n: 1 } });
    await expect(decide()).rejects.toMatchObject({ code: 'OPA_UNAUTHORIZED' });

    await put('cert.pem', gateway.cert);
    clock.pass(1_001);
    await expect(decide()).rejects.toMatchObject({ code: 'OPA_UNAUTHORIZED' });

    await put('key.pem', gateway.key);
    clock.pass(1_001);
    await expect(decide()).resolves.toMatchObject(allowed);
  });

  it('causes one warning when its new files still do not fit together after five seconds', async () => {
    const clock = fakeClock();
    const { path, put } = await files();
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

  it.each(['ca', 'cert', 'key'] as const)('when the file of "%s" is not there', async (name) => {
    const { path } = await files();
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
    ['are of two pairs', async () => ({ ...(await authority.issue('a')), key: stranger.key })],
  ])('when its parts %s, without telling them', async (_name, tls) => {
    const error: unknown = await startWith(await tls()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'OPA_BAD_OPTIONS', message: expect.stringContaining('"tls"') });
    expect(String(error)).not.toMatch(/s3cret|-----BEGIN/);
  });
});

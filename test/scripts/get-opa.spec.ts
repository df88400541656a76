import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

const fake = (version: string): string => `#!/bin/sh\necho "Version: ${version}"\n`;
const PINNED = '1.22.2';
const script = resolve(import.meta.dirname, '../../scripts/get-opa.mjs');
/** A key and its certificate for 127.0.0.1, which nobody trusts but these tests. */
const loopback = join(import.meta.dirname, 'fixtures', 'loopback.pem');

let folder: string;
let servers: Server[];

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'nestjs-opa-get-')));
  servers = [];
});

afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    await once(server.close(), 'close');
  }
  rmSync(folder, { recursive: true, force: true });
});

function binary(name: string, version: string): string {
  const file = join(folder, name);
  writeFileSync(file, fake(version));
  chmodSync(file, 0o755);
  return file;
}

async function listen(server: Server): Promise<number> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function releases(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createServer(listener))}`;
}

async function tlsReleases(listener: RequestListener): Promise<string> {
  const pem = readFileSync(loopback);
  return `https://127.0.0.1:${await listen(createTlsServer({ key: pem, cert: pem }, listener))}`;
}

/** Serves a release whose binary has the given checksum. */
const release = (sum: string): RequestListener => {
  return (request, response) =>
    response.end(request.url?.endsWith('.sha256') === true ? `${sum}  opa` : fake(PINNED));
};

/** Redirects to the same path elsewhere. */
const redirect = (to: string): RequestListener => {
  return (request, response) => response.writeHead(302, { location: `${to}${request.url ?? ''}` }).end();
};

const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');

interface Result {
  readonly code: number;
  readonly path: string | undefined;
  readonly said: string;
}

/** Runs the script in the test's folder, where there is no go, and no OPA but those of the test. */
function getOpa(env: Record<string, string>): Promise<Result> {
  const base = {
    PATH: join(folder, 'path'),
    HOME: folder,
    NESTJS_OPA_CACHE: join(folder, 'cache'),
    OPA_DOWNLOAD_URL: 'http://127.0.0.1:1',
    NODE_EXTRA_CA_CERTS: loopback,
  };
  return new Promise((done) => {
    execFile(process.execPath, [script], { cwd: folder, env: { ...base, ...env } }, (error, stdout, stderr) =>
      done({
        code: typeof error?.code === 'number' ? error.code : 0,
        path: stdout.trim().split('\n').at(-1),
        said: stderr,
      }),
    );
  });
}

describe('scripts/get-opa', () => {
  it('uses OPA_BIN', async () => {
    const opa = binary('mine', PINNED);
    expect(await getOpa({ OPA_BIN: opa })).toMatchObject({ code: 0, path: opa });
  });

  it('refuses an OPA_BIN of another version, and tries nothing else', async () => {
    const { code, said } = await getOpa({ OPA_BIN: binary('old', '0.70.0') });
    expect(code).toBe(1);
    expect(said).toContain('is version 0.70.0, not 1.22.2');
  });

  it.each(['mine', './mine'])('returns the absolute path of the OPA_BIN %s', async (OPA_BIN) => {
    expect(await getOpa({ OPA_BIN })).toMatchObject({ code: 1 });
    const path = binary('mine', PINNED);
    expect(await getOpa({ OPA_BIN })).toMatchObject({ code: 0, path });
  });

  it('searches the PATH for an OPA_BIN that is a bare name', async () => {
    mkdirSync(join(folder, 'path'));
    const path = binary('path/mine', PINNED);
    expect(await getOpa({ OPA_BIN: 'mine' })).toMatchObject({ code: 0, path });
  });

  it.each<[string, () => string]>([
    ['absolute', () => join(folder, 'path')],
    ['relative', () => 'path'],
  ])('uses the OPA on the PATH, and returns its absolute path: %s folder', async (_name, entry) => {
    mkdirSync(join(folder, 'path'));
    const path = binary('path/opa', PINNED);
    const result = await getOpa({ PATH: ['/nowhere', entry(), '/bin', '/usr/bin'].join(delimiter) });
    expect(result).toMatchObject({ code: 0, path, said: expect.stringContaining('(on the PATH)') });
  });

  it('ignores an OPA of another version on the PATH', async () => {
    mkdirSync(join(folder, 'path'));
    binary('path/opa', '0.70.0');
    const { code, said } = await getOpa({});
    expect(code).toBe(1);
    expect(said).toContain('is version 0.70.0, not 1.22.2');
  });

  it('downloads the release once, and uses the cached file afterwards', async () => {
    const OPA_DOWNLOAD_URL = await releases(release(sumOf(fake(PINNED))));
    const first = await getOpa({ OPA_DOWNLOAD_URL });
    expect(first).toMatchObject({ code: 0, said: expect.stringContaining('(official release)') });
    expect(readFileSync(first.path ?? '', 'utf8')).toBe(fake(PINNED));
    expect(await getOpa({})).toMatchObject({
      code: 0,
      path: first.path,
      said: expect.stringContaining('(cached)'),
    });
  });

  it('refuses a release with another checksum, and does not cache it', async () => {
    const { code, said } = await getOpa({ OPA_DOWNLOAD_URL: await releases(release(sumOf('other'))) });
    expect(code).toBe(1);
    expect(said).toContain('its checksum is');
    expect(existsSync(join(folder, 'cache', `opa-1.22.2-${process.platform}-${process.arch}`))).toBe(false);
  });

  it.each<[string, () => Promise<string>]>([
    ['http to https', async () => releases(redirect(await tlsReleases(release(sumOf(fake(PINNED))))))],
    ['https to https', async () => tlsReleases(redirect(await tlsReleases(release(sumOf(fake(PINNED))))))],
    ['http to http', async () => releases(redirect(await releases(release(sumOf(fake(PINNED))))))],
  ])('follows a redirect from %s', async (_name, start) => {
    const { code, path } = await getOpa({ OPA_DOWNLOAD_URL: await start() });
    expect(code).toBe(0);
    expect(readFileSync(path ?? '', 'utf8')).toBe(fake(PINNED));
  });

  it('refuses a redirect from https to http, and sends no request there', async () => {
    let asked = 0;
    const plain = await releases((request, response) => {
      asked += 1;
      release(sumOf(fake(PINNED)))(request, response);
    });
    const { code, said } = await getOpa({ OPA_DOWNLOAD_URL: await tlsReleases(redirect(plain)) });
    expect(code).toBe(1);
    expect(said).toContain('redirects from https: to http:, which is refused');
    expect(asked).toBe(0);
  });

  it('stops following an endless redirect', async () => {
    const OPA_DOWNLOAD_URL = await releases((_request, response) =>
      response.writeHead(302, { location: '/again' }).end(),
    );
    const { code, said } = await getOpa({ OPA_DOWNLOAD_URL });
    expect(code).toBe(1);
    expect(said).toContain('it redirects too often');
  });

  it.each<[string, RequestListener, string]>([
    ['there is no release', (_request, response) => response.writeHead(404).end(), 'answered 404'],
    ['it never answers', () => undefined, 'official release:'],
  ])('lists everything that it tried when %s', async (_name, listener, expected) => {
    const OPA_DOWNLOAD_URL = await releases(listener);
    const { code, said } = await getOpa({ OPA_DOWNLOAD_URL, OPA_DOWNLOAD_CONNECT_MS: '200' });
    expect(code).toBe(1);
    for (const what of ['on the PATH', 'cached', 'official release', 'go install', expected])
      expect(said).toContain(what);
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const fake = (version: string): string => `#!/bin/sh\necho "Version: ${version}"\n`;
const PINNED = '1.22.2';

let folder: string;
let server: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nestjs-opa-get-'));
});

afterEach(async () => {
  server?.closeAllConnections();
  if (server !== undefined) await once(server.close(), 'close');
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

function binary(name: string, version: string): string {
  const file = join(folder, name);
  writeFileSync(file, fake(version));
  chmodSync(file, 0o755);
  return file;
}

async function releases(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Serves a release whose binary has the given checksum. */
const release = (sum: string): RequestListener => {
  return (request, response) =>
    response.end(request.url?.endsWith('.sha256') === true ? `${sum}  opa` : fake(PINNED));
};

const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');

interface Result {
  readonly code: number;
  readonly path: string | undefined;
  readonly said: string;
}

/** Runs the script where there is no go, and no OPA but those of the test. */
function getOpa(env: Record<string, string>): Promise<Result> {
  const base = {
    PATH: join(folder, 'path'),
    HOME: folder,
    NESTJS_OPA_CACHE: join(folder, 'cache'),
    OPA_DOWNLOAD_URL: 'http://127.0.0.1:1',
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['scripts/get-opa.mjs'],
      { env: { ...base, ...env } },
      (error, stdout, stderr) =>
        resolve({
          code: typeof error?.code === 'number' ? error.code : 0,
          path: stdout.trim().split('\n').at(-1),
          said: stderr,
        }),
    );
  });
}

describe('scripts/get-opa', () => {
  it('takes OPA_BIN', async () => {
    const opa = binary('mine', PINNED);
    expect(await getOpa({ OPA_BIN: opa })).toMatchObject({ code: 0, path: opa });
  });

  it('refuses an OPA_BIN of another version, and looks no further', async () => {
    const { code, said } = await getOpa({ OPA_BIN: binary('old', '0.70.0') });
    expect(code).toBe(1);
    expect(said).toContain('is version 0.70.0, not 1.22.2');
  });

  it('takes the one on the PATH, if it is that version', async () => {
    mkdirSync(join(folder, 'path'));
    binary('path/opa', PINNED);
    const PATH = `${join(folder, 'path')}:/bin:/usr/bin`;
    const { code, said } = await getOpa({ PATH });
    expect(code).toBe(0);
    expect(said).toContain('(on the PATH)');
  });

  it('downloads the release once, and takes the cached one afterwards', async () => {
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

  it('refuses and does not keep a release with another checksum', async () => {
    const { code, said } = await getOpa({ OPA_DOWNLOAD_URL: await releases(release(sumOf('other'))) });
    expect(code).toBe(1);
    expect(said).toContain('its checksum is');
    expect(existsSync(join(folder, 'cache', `opa-1.22.2-${process.platform}-${process.arch}`))).toBe(false);
  });

  it.each<[string, RequestListener, string]>([
    ['there is no release', (_request, response) => response.writeHead(404).end(), 'answered 404'],
    ['it never answers', () => undefined, 'official release:'],
  ])('says all that it tried when %s', async (_name, listener, expected) => {
    const OPA_DOWNLOAD_URL = await releases(listener);
    const { code, said } = await getOpa({ OPA_DOWNLOAD_URL, OPA_DOWNLOAD_CONNECT_MS: '200' });
    expect(code).toBe(1);
    for (const what of ['on the PATH', 'cached', 'official release', 'go install', expected])
      expect(said).toContain(what);
  });
});

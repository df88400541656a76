import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createEmbeddedEngine } from '../../src/engines/index.js';
import { loadBundle } from '../../src/engines/embedded/load-bundle.js';
import { readArchive, writeArchive, writeBytes } from './support/archive.js';
import { buildBundle } from './support/opa.js';

const POLICY = 'package app\nallow if input.role == data.roles.top\nroles := data.roles';
const SOURCES = { 'policy.rego': POLICY, 'roles/data.json': { top: 'admin' } };

let bundle: string;
beforeAll(async () => {
  bundle = await buildBundle(SOURCES, 'app/allow', 'app/roles');
});

const refusal = (message: RegExp) => ({
  name: 'OpaError',
  code: 'OPA_BAD_BUNDLE',
  message: expect.stringMatching(message),
});

describe('a bundle is refused, with its name', () => {
  const make: Record<string, [RegExp, () => Promise<string>]> = {
    'a file that is not there': [
      /nowhere\.tar\.gz can't be read: ENOENT/,
      () => Promise.resolve('/nowhere.tar.gz'),
    ],
    'an empty file': [/not a whole tar\.gz/, () => writeBytes(Buffer.alloc(0))],
    'a file that is not gzip': [
      /not a whole tar\.gz.*incorrect header/,
      () => writeBytes(Buffer.from('hello')),
    ],
    'a gzip of something else': [
      /not a whole tar\.gz.*tar header/i,
      () => writeBytes(gzipSync('x'.repeat(2_000))),
    ],
    'a truncated download': [
      /not a whole tar\.gz.*unexpected end of file/,
      async () => writeBytes((await readFile(bundle)).subarray(0, 300)),
    ],
    'a truncated tar': [
      /not a whole tar\.gz.*Unexpected end of data/,
      () => writeBytes(gzipSync(truncatedTar())),
    ],
    'a bundle of Rego only': [
      /no plan\.json.*opa build -t plan/,
      () => writeArchive({ '/policy.rego': POLICY }),
    ],
    'a Wasm bundle': [
      /a Wasm policy and no plan.*opa build -t plan/,
      () => writeArchive({ '/policy.wasm': 'wasm' }),
    ],
    'a plan that is not JSON': [/\/plan\.json can't be read/, () => writeArchive({ '/plan.json': 'no' })],
    'a plan that is not from OPA': [/plan/, () => writeArchive({ '/plan.json': '{"plans": []}' })],
    'missing builtins': [
      /builtins that opa-plan lacks: http\.send \(used by app\.allow.*net\.lookup_ip_addr/,
      () =>
        buildBundle(
          'package app\nallow if http.send({"url": input.u, "method": "get"}).status_code == 200\nallow if net.lookup_ip_addr(input.h)',
          'app/allow',
        ),
    ],
    'data that is not JSON': [
      /\/a\/data\.json can't be read/,
      async () => repack({ '/a/data.json': '{"secret' }),
    ],
    'data whose root is not an object': [
      /\/data\.json does not hold an object/,
      async () => repack({ '/data.json': '[]' }),
    ],
    'data that overlaps': [
      /\/roles\/data\.json has "top", which another data file/,
      async () => repack({ '/roles/data.json': '{"top": "root"}' }),
    ],
  };

  it.each(Object.entries(make))('%s', async (_, [message, source]) => {
    await expect(createEmbeddedEngine({ bundle: await source() })).rejects.toMatchObject(refusal(message));
  });

  it('when an entrypoint is missing; the error lists the existing ones', async () => {
    const entrypoints = ['app/allow', 'app/deny', 'other'];
    await expect(createEmbeddedEngine({ bundle: bundle, entrypoints })).rejects.toMatchObject(
      refusal(/does not contain app\/deny, other\. Its entrypoints: app\/allow, app\/roles\./),
    );
  });

  it('when an entrypoint is missing; the error suggests the intended path', async () => {
    const entrypoints = ['data.app.allow'];
    await expect(createEmbeddedEngine({ bundle: bundle, entrypoints })).rejects.toMatchObject(
      refusal(/does not contain data\.app\.allow\. .*write "app\/allow"\./),
    );
  });

  it('when it is larger than allowed, packed or unpacked', async () => {
    await expect(loadBundle(bundle, { maxBytes: 100 })).rejects.toMatchObject(
      refusal(/larger than 100 bytes/),
    );
    const bomb = await writeBytes(gzipSync(Buffer.alloc(1_000_000)));
    await expect(loadBundle(bomb, { maxBytes: 2_000 })).rejects.toMatchObject(
      refusal(/larger than 16000 bytes/),
    );
  });
});

describe('a bundle is accepted', () => {
  it('with the requested entrypoints, where a package covers its rules', async () => {
    const bundle = await buildBundle(SOURCES, 'app');
    const engine = await createEmbeddedEngine({ bundle, entrypoints: ['app', 'app/allow'] });
    const answer = await engine.evaluate(
      { policy: 'app/allow', input: { role: 'admin' } },
      { deadline: Infinity },
    );
    expect(answer).toStrictEqual({ result: true });
  });

  it('with data in several folders, merged under their paths', async () => {
    const bundle = await repack({ 'roles/deep/er/data.json': '{"list": [1]}', './roles/n/data.json': '0' });
    const engine = await createEmbeddedEngine({ bundle });
    const answer = await engine.evaluate({ policy: 'app/roles', input: {} }, { deadline: Infinity });
    expect(answer).toStrictEqual({ result: { top: 'admin', deep: { er: { list: [1] } }, n: 0 } });
  });

  it('with more data than fits a small memory', async () => {
    const list = Array.from({ length: 50_000 }, (_, index) => `value-${index}`);
    const bundle = await repack({ 'roles/list/data.json': JSON.stringify(list) });
    const engine = await createEmbeddedEngine({ bundle });
    const answer = await engine.evaluate({ policy: 'app/roles', input: {} }, { deadline: Infinity });
    expect(answer.result).toStrictEqual({ top: 'admin', list });
  });
});

describe('a bundle from a URL', () => {
  const closers: (() => void)[] = [];
  const serve = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener).listen(0, '127.0.0.1');
    closers.push(
      () => server.closeAllConnections(),
      () => server.close(),
    );
    await new Promise((resolve) => server.once('listening', resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  afterEach(() => {
    closers.splice(0).forEach((close) => close());
  });

  it('is read', async () => {
    const bytes = await readFile(bundle);
    const host = await serve((_, response) => response.end(bytes));
    const engine = await createEmbeddedEngine({
      bundle: `http://${host}/b.tar.gz`,
      entrypoints: ['app/allow'],
    });
    const answer = await engine.evaluate(
      { policy: 'app/allow', input: { role: 'x' } },
      { deadline: Infinity },
    );
    expect(answer).toStrictEqual({});
  });

  it.each([404, 500, 204, 302])('is refused with status %d, and no redirect is followed', async (status) => {
    let requests = 0;
    const host = await serve((_, response) => {
      requests += 1;
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    await expect(loadBundle(`http://${host}/b.tar.gz`)).rejects.toMatchObject(
      refusal(new RegExp(`HTTP status ${status}`)),
    );
    expect(requests).toBe(1);
  });

  it('is refused when it is cut short, too large or unreachable; the message contains no credentials', async () => {
    const cut = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('x', () => response.destroy());
    });
    const secret = await loadBundle(`http://user:hush@${cut}/b?token=hush`).catch(String);
    expect(secret).toMatch(/OpaError: .*\/b can't be read: aborted/);
    expect(secret).not.toContain('hush');

    const endless = await serve((_, response) => {
      const more = (): void => void response.write(Buffer.alloc(64 * 1024), more);
      more();
    });
    const limited = loadBundle(`http://${endless}/b`, { maxBytes: 100_000 });
    await expect(limited).rejects.toMatchObject(refusal(/larger than 100000 bytes/));
    await expect(loadBundle('http://127.0.0.1:1/b')).rejects.toMatchObject(refusal(/ECONNREFUSED/));
  });
});

function truncatedTar(): Buffer {
  const header = Buffer.alloc(512);
  header.write('plan.json');
  header.write('0000644\0', 100);
  header.write('00000010000\0', 124);
  header.write('ustar\x0000', 257);
  header.write('        ', 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** The good bundle's plan and data, with further files. */
async function repack(files: Record<string, string>): Promise<string> {
  const packed = await readArchive(bundle);
  return writeArchive({
    '/plan.json': packed['/plan.json'] ?? '',
    '/data.json': packed['/data.json'] ?? '',
    ...files,
  });
}

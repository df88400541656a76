import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readTar } from '../src/bundle/tar.js';

/** Files by name: empty, of exactly one block, with a name in a ustar prefix, and with a name that ustar cannot hold. */
const FILES: Readonly<Record<string, string>> = {
  'empty.json': '',
  'block.json': 'x'.repeat(512),
  'plan.json': '{"plans": {}}',
  [`${'folder/'.repeat(20)}data.json`]: '1',
  [`ü/${'long'.repeat(50)}.json`]: '{"ü": 2}',
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'opa-plan-tar-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function tar(format: string, files: Readonly<Record<string, string>> = FILES): Buffer {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return execFileSync('tar', ['--create', `--format=${format}`, '--directory', folder, '.']);
}

const read = (archive: Buffer): Record<string, string> =>
  Object.fromEntries([...readTar(archive)].map(({ name, bytes }) => [name, bytes.toString()]));

describe('readTar', () => {
  it.each(['pax', 'gnu'])('reads the files of an archive in %s format', (format) => {
    const expected = Object.entries(FILES).map(([name, content]) => [`./${name}`, content]);
    expect(read(tar(format))).toEqual(Object.fromEntries(expected));
  });

  it('reads a name that ustar splits into prefix and name', () => {
    const name = `${'folder/'.repeat(20)}data.json`;
    expect(read(tar('ustar', { [name]: '1' }))).toEqual({ [`./${name}`]: '1' });
  });

  it('refuses an archive that ends inside an entry', () => {
    const archive = tar('ustar', { 'a.json': 'x'.repeat(2_000) });
    const end = archive.indexOf('xxx') + 100;
    expect(() => read(archive.subarray(0, end))).toThrow('Unexpected end of data');
  });

  it('refuses a changed header', () => {
    const archive = tar('ustar', { 'a.json': '1' });
    archive.write('b', archive.indexOf('a.json'));
    expect(() => read(archive)).toThrow('Invalid tar header: wrong checksum');
  });

  it('refuses a wrong pax record', () => {
    const archive = tar('pax', { [`${'long'.repeat(60)}.json`]: '1' });
    const record = archive.indexOf(' path=');
    archive.write('9', record - 1);
    expect(() => read(archive)).toThrow('Invalid tar header: wrong pax record');
  });
});

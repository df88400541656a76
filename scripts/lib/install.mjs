import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { npm } from './run.mjs';

/** Installs what package-lock.json names, unless it is installed already. */
export function ensureInstalled(root) {
  if (isInstalled(root)) return;
  console.error('Installing the dependencies (npm ci)');
  npm(['ci', '--include=dev'], root);
}

/**
 * npm writes what it installed to node_modules/.package-lock.json when it is done, whoever called it.
 * So an install by hand counts, and one that was broken off or left the development's packages out doesn't.
 */
function isInstalled(root) {
  const hidden = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const installed = packagesOf(hidden);
  return Object.entries(packagesOf(join(root, 'package-lock.json')))
    .filter(([path, wanted]) => path.includes('node_modules/') && !mayBeMissing(wanted))
    .every(([path, wanted]) => isSame(wanted, installed[path]));
}

const packagesOf = (lockFile) => JSON.parse(readFileSync(lockFile, 'utf8')).packages;

/** One for another platform, say, which npm leaves out. */
const mayBeMissing = ({ optional, devOptional }) => optional === true || devOptional === true;

const isSame = (wanted, installed) =>
  installed !== undefined && ['version', 'integrity', 'link'].every((key) => wanted[key] === installed[key]);

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { npm } from './run.mjs';

/** The files and folders that the build reads. */
export const SOURCES = [
  'libs/opa/src',
  'libs/opa/package.json',
  'libs/opa/tsconfig.build.json',
  'libs/mcp/src',
  'libs/mcp/package.json',
  'libs/mcp/tsconfig.build.json',
  'libs/plan/src',
  'libs/plan/package.json',
  'libs/plan/tsconfig.build.json',
  'src',
  'demo/src',
  'package.json',
  'package-lock.json',
  'scripts/build-lib.mjs',
  'tsconfig.build.json',
  'tsconfig.demo.json',
  'tsconfig.json',
];
/** One file of each part that the build writes. */
const RESULTS = [
  'libs/plan/dist/esm/index.js',
  'libs/opa/dist/esm/index.js',
  'libs/mcp/dist/esm/index.js',
  'dist/main.js',
  'demo/dist/main.js',
];

/** Builds the libraries, the gateway and the demo, unless `dist` was built from the present sources. */
export function ensureBuilt(root) {
  const stamp = stampOf(root);
  const isBuilt = existsSync(stamp) && readFileSync(stamp, 'utf8') === hashOf(root);
  if (isBuilt && RESULTS.every((file) => existsSync(join(root, file)))) return;
  console.error('Building the libraries, the gateway and the demo (npm run build)');
  build(root);
}

/** Builds the libraries, the gateway and the demo, and stores the hash of the sources. */
export function build(root) {
  const hash = hashOf(root);
  for (const folder of ['dist', 'demo/dist']) rmSync(join(root, folder), { recursive: true, force: true });
  npm(['run', 'build:plan'], root);
  npm(['run', 'build:lib'], root);
  npm(['run', 'build:mcp'], root);
  npm(['run', 'build:gateway'], root);
  npm(['run', 'build:demo'], root);
  writeFileSync(stampOf(root), hash);
}

const stampOf = (root) => join(root, 'dist', '.stamp');

function hashOf(root) {
  const hash = createHash('sha256');
  for (const source of SOURCES) {
    for (const file of filesOf(root, source)) {
      hash
        .update(`${file}\0`)
        .update(readFileSync(join(root, file)))
        .update('\0');
    }
  }
  return hash.digest('hex');
}

function filesOf(root, path) {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  const names = readdirSync(join(root, path)).sort();
  return names.flatMap((name) => filesOf(root, `${path}/${name}`));
}

// What `npm start` and `npm test` need first: a Node that fits, the dependencies, and the build.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

export function ensureNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  process.stderr.write(`nestjs-opa needs Node 20.19 or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}

export function ensureInstalled() {
  step('node_modules/.nestjs-opa-install', ['package-lock.json'], () => npm('ci'));
}

export function ensureBuilt() {
  const sources = ['libs/opa/src', 'libs/opa/package.json', 'src', 'package-lock.json'];
  const configs = [
    'tsconfig.json',
    'tsconfig.build.json',
    'libs/opa/tsconfig.esm.json',
    'libs/opa/tsconfig.cjs.json',
  ];
  step('dist/.stamp', [...sources, ...configs], () => npm('run', 'build'), [
    'libs/opa/dist/cjs/index.js',
    'dist/main.js',
  ]);
}

/** Runs work unless the stamp says that it was done for these very sources. */
function step(stamp, sources, work, results = []) {
  const file = join(root, stamp);
  const sum = hash(sources);
  const done = existsSync(file) && readFileSync(file, 'utf8') === sum;
  if (done && results.every((result) => existsSync(join(root, result)))) return;
  work();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, sum);
}

function hash(paths) {
  const sum = createHash('sha256');
  for (const path of paths) {
    for (const entry of /\.\w+$/.test(path) ? [path] : filesOf(path))
      sum
        .update(entry)
        .update('\0')
        .update(readFileSync(join(root, entry)))
        .update('\0');
  }
  return sum.digest('hex');
}

function filesOf(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

// Its output goes to stderr: stdout is for results.
function npm(...args) {
  execFileSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
}

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run } from './run.mjs';

/** Runs Jest in the workspace's folder. Returns `{ passed, failed }`; `failed` is at least 1 when Jest failed. */
export function jest(root, args) {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-opa-test-'));
  const counts = join(folder, 'counts.json');
  try {
    const code = run(process.execPath, [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), ...args], {
      cwd: root,
      env: { ...process.env, NODE_OPTIONS: nodeOptions(process.env['NODE_OPTIONS']), TEST_COUNTS: counts },
    });
    const { passed, failed } = read(counts);
    return { passed, failed: code === 0 ? failed : Math.max(failed, 1) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Jest loads ES modules through an experimental API of Node. Its workers get the options from the environment. */
const nodeOptions = (options) =>
  [options, '--experimental-vm-modules', '--disable-warning=ExperimentalWarning'].filter(Boolean).join(' ');

/** A Jest that ended early has counted nothing. */
function read(counts) {
  try {
    return JSON.parse(readFileSync(counts, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return { passed: 0, failed: 0 };
  }
}

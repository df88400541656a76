import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run } from './run.mjs';

/** Runs Jest in the workspace's folder. Gives `{ passed, failed }`; never nothing failed when Jest failed. */
export function jest(root, args) {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-opa-test-'));
  const report = join(folder, 'report.json');
  try {
    const code = run(
      process.execPath,
      [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), '--json', `--outputFile=${report}`, ...args],
      { cwd: root, env: { ...process.env, NODE_OPTIONS: withVmModules(process.env['NODE_OPTIONS']) } },
    );
    return countOf(report, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Jest needs it to load ES modules, and its workers get it from the environment. */
const withVmModules = (options) => [options, '--experimental-vm-modules'].filter(Boolean).join(' ');

function countOf(report, code) {
  const counted = readReport(report);
  // A suite that couldn't run has no tests to count, and neither has a Jest that ended early.
  const failed = counted.numFailedTests + counted.numRuntimeErrorTestSuites;
  return { passed: counted.numPassedTests, failed: code === 0 ? failed : Math.max(failed, 1) };
}

function readReport(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 0 };
  }
}

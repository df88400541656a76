// `npm test`: installs and builds what is missing, gets OPA, runs Jest, and counts. `--services` runs the tests that
// need Debian's packages or further Go packages instead.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getOpa } from './get-opa.mjs';
import { ensureBuilt, ensureInstalled, ensureNode, root } from './lib/ensure.mjs';

const services = process.argv.includes('--services');
const given = process.argv.slice(2).filter((argument) => argument !== '--services');

ensureNode();
ensureInstalled();
ensureBuilt();
process.env.OPA_BIN = await getOpa();

const folder = mkdtempSync(join(tmpdir(), 'nestjs-opa-test-'));
const results = join(folder, 'results.json');
const which = services
  ? ['--testMatch', '**/*.services.spec.ts', '--passWithNoTests']
  : ['--testPathIgnorePatterns', '/node_modules/', '/dist/', '/fixtures/', '\\.services\\.spec\\.ts$'];
const jest = [join(root, 'node_modules/jest/bin/jest.js'), '--maxWorkers=2', '--json', '--outputFile', results];
const { status } = spawnSync(process.execPath, [...jest, ...which, ...(given.length > 0 ? ['--', ...given] : [])], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'inherit'],
  env: { ...process.env, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings`.trim() },
});

const report = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : undefined;
rmSync(folder, { recursive: true, force: true });
if (!services) console.log('Left out: the tests that need services; `npm run test:services` runs them.');
const passed = report?.numPassedTests ?? 0;
// A suite that didn't run has no tests to count.
const failed = report === undefined ? 1 : report.numFailedTests + report.numRuntimeErrorTestSuites;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || (passed === 0 && !services) ? 1 : (status ?? 1);

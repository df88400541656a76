import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

const STEPS = [
  'ci',
  'run build',
  'run lint',
  'run typecheck',
  'run layers',
  'run docs',
  'run api:check',
  'run knip',
  'test',
  'run test:services',
];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nestjs-opa-ci-'));
  cpSync(resolve('.ci/run'), join(folder, '.ci', 'run'));
  mkdirSync(join(folder, 'path'));
  // An npm that does what its environment says: `SAID_test` is what it says, `CODE_test` how it ends.
  const npm = `#!/usr/bin/env bash
step="$*"; step=\${step% --silent}; name=\${step//[ :]/_}
echo "step: $step"
said=SAID_$name; code=CODE_$name
printf '%s\\n' "\${!said-}"
exit "\${!code:-0}"
`;
  writeFileSync(join(folder, 'path', 'npm'), npm, { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const GOOD = { SAID_test: 'noise\n7 passed, 0 failed', SAID_run_test_services: '2 passed, 0 failed' };

describe('.ci/run', () => {
  it.each<[string, Record<string, string>, string]>([
    ['all is well', {}, '9 passed, 0 failed'],
    ['tests fail', { SAID_test: '5 passed, 2 failed', CODE_test: '1' }, '7 passed, 2 failed'],
    ['tests end badly, whatever they counted', { CODE_test: '1' }, '9 passed, 1 failed'],
    ['tests count nothing', { SAID_test: 'crashed' }, '2 passed, 1 failed'],
    ['there are no tests', { SAID_test: '0 passed, 0 failed' }, '2 passed, 1 failed'],
    ['the services cannot be had', { SAID_run_test_services: '0 passed, 1 failed' }, '7 passed, 1 failed'],
    ['a step fails', { CODE_run_lint: '1', CODE_ci: '1' }, '9 passed, 2 failed'],
  ])('prints a last line with the counts: %s', (_name, env, expected) => {
    const PATH = [join(folder, 'path'), process.env['PATH']].join(delimiter);
    const { status, stdout } = spawnSync(join(folder, '.ci', 'run'), {
      env: { PATH, ...GOOD, ...env },
      encoding: 'utf8',
    });
    const lines = stdout.trim().split('\n');
    expect(lines.at(-1)).toBe(expected);
    expect(status === 0).toBe(expected.endsWith(' 0 failed'));
    expect(lines.filter((line) => line.startsWith('step: '))).toEqual(STEPS.map((step) => `step: ${step}`));
  });
});

import { describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const opa = process.env['OPA_BIN'] ?? 'opa';
const run = (...args: string[]) => spawnSync(opa, args, { encoding: 'utf8' });

describe('the gateway policies', () => {
  it('pass their own tests', () => {
    const { status, stdout } = run('test', 'policies/gateway', '--format', 'json');
    const results = JSON.parse(stdout) as { fail?: boolean; error?: unknown; name: string }[];
    expect(results.filter(({ fail, error }) => fail === true || error !== undefined)).toEqual([]);
    expect(results.length).toBeGreaterThan(10);
    expect(status).toBe(0);
  });

  it.each([
    ['check', ['check', '--strict', 'policies/gateway']],
    ['are formatted', ['fmt', '--fail', '--list', 'policies/gateway']],
  ])('%s', (_name, args) => {
    expect(run(...args)).toMatchObject({ status: 0, stdout: '' });
  });

  it('are what the bundle was built from', () => {
    const folder = mkdtempSync(join(tmpdir(), 'nestjs-opa-bundle-'));
    try {
      const built = join(folder, 'bundle.tar.gz');
      execFileSync(process.execPath, ['scripts/build-policies.mjs', built], { stdio: 'ignore' });
      const same = gunzipSync(readFileSync(built)).equals(gunzipSync(readFileSync('policies/bundle.tar.gz')));
      // Run `npm run build:policies` and commit the bundle.
      expect(same).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

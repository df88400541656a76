import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { POLICY } from './question.mjs';

/**
 * Builds the policy as a Wasm bundle, and takes the Wasm out of it for those who load that themselves.
 *
 * @param {string} binary - OPA's
 * @param {string} rego - the policy's file
 * @param {readonly string[]} [policies] - what can be asked of it
 */
export function buildBundle(binary, rego, policies = [POLICY]) {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-opa-bench-'));
  const bundle = join(folder, 'bundle.tar.gz');
  execFileSync(binary, [
    'build',
    '-t',
    'wasm',
    ...policies.flatMap((path) => ['-e', path]),
    '-o',
    bundle,
    rego,
  ]);
  execFileSync('tar', ['-xzf', bundle, '-C', folder, '/policy.wasm'], { stdio: 'ignore' });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  return { bundle, wasm: join(folder, 'policy.wasm'), remove };
}

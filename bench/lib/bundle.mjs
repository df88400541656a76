import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { POLICY } from './question.mjs';

/**
 * Builds the policy as a plan bundle and as Wasm.
 *
 * @param {string} binary - the path of the OPA program
 * @param {string} rego - the path of the policy
 * @param {readonly string[]} [policies] - the entrypoints of the bundle
 */
export function buildBundle(binary, rego, policies = [POLICY]) {
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-opa-bench-'));
  const entrypoints = policies.flatMap((path) => ['-e', path]);
  const build = (target) => {
    const file = join(folder, `${target}.tar.gz`);
    execFileSync(binary, ['build', '-t', target, ...entrypoints, '-o', file, rego]);
    return file;
  };
  const bundle = build('plan');
  execFileSync('tar', ['-xzf', build('wasm'), '-C', folder, '/policy.wasm'], { stdio: 'ignore' });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  return { bundle, wasm: join(folder, 'policy.wasm'), remove };
}

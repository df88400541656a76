import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPlan } from '../../src/index.js';
import type { LoadOptions, Policy } from '../../src/index.js';

/** What a bundle is built of. */
export interface Sources {
  /** The policy: `policy.rego`. */
  readonly rego: string;
  /** Further modules. */
  readonly more?: readonly string[];
  readonly entrypoints: readonly string[];
  /** The text of `data.json`. */
  readonly data?: string;
  readonly target?: 'plan' | 'wasm';
  readonly revision?: string;
  /** Further arguments of `opa build`. */
  readonly args?: readonly string[];
}

/** Builds a bundle with OPA, and gives its bytes. */
export function bundleOf(sources: Sources): Buffer {
  const { rego, entrypoints, data, target = 'plan', revision = '' } = sources;
  const folder = mkdtempSync(join(tmpdir(), 'opa-plan-'));
  try {
    const modules = [rego, ...(sources.more ?? [])].map(
      (text, index) => [`policy${index || ''}.rego`, text] as const,
    );
    for (const [name, text] of modules) writeFileSync(join(folder, name), text);
    const files: string[] = modules.map(([name]) => name);
    if (data !== undefined) files.push('data.json');
    if (data !== undefined) writeFileSync(join(folder, 'data.json'), data);
    const paths = entrypoints.flatMap((path) => ['-e', path]);
    const flags = ['-t', target, ...paths, '--revision', revision, '-o', 'bundle.tar.gz'];
    const args = ['build', ...flags, ...(sources.args ?? []), ...files];
    execFileSync(process.env['OPA_BIN'] ?? 'opa', args, { cwd: folder });
    return readFileSync(join(folder, 'bundle.tar.gz'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Builds a bundle with OPA, and loads it. */
export const policyOf = (sources: Sources, options?: LoadOptions): Promise<Policy> =>
  loadPlan(bundleOf(sources), options);

/** The error that something throws. */
export function errorOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown');
}

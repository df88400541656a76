import { readFile } from 'node:fs/promises';
import { builtins as ownBuiltins } from './builtins/index.js';
import type { Builtin } from './builtins/index.js';
import { readBundle } from './bundle/index.js';
import { compile } from './compiler/index.js';
import { PlanError } from './error.js';
import { freeze } from './freeze.js';
import { readPlan } from './plan/index.js';
import { Policy } from './policy.js';
import { resolveBuiltins } from './resolve-builtins.js';
import type { Value } from './values/index.js';

const MIB = 1024 * 1024;

/** How a policy is loaded. */
export interface LoadOptions {
  /** Builtins that this package lacks, such as `http.send`, or that shall replace its own. They are synchronous. */
  readonly builtins?: Readonly<Record<string, Builtin>>;
  /** What `opa.runtime()` gives. */
  readonly runtime?: Readonly<Record<string, unknown>>;
  /**
   * The largest bundle, packed, in bytes. Unpacked it may be eight times as large.
   *
   * @defaultValue 67,108,864 (64 MiB)
   */
  readonly maxBytes?: number;
  /**
   * The most characters or elements that one value of a builtin may have.
   *
   * @defaultValue 16,777,216
   */
  readonly maxSize?: number;
  /**
   * The most elements that all collections together may grow by in one evaluation.
   *
   * @defaultValue 16,777,216
   */
  readonly maxElements?: number;
}

/** A plan that is at hand already: the parsed `plan.json`, and the data beside it. */
export interface PlanSource {
  readonly plan: unknown;
  /** An object of JSON. It is frozen, so that nothing changes it while policies read it. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** The revision that the policy has. */
  readonly revision?: string;
}

/**
 * Loads a policy.
 *
 * @param source - a bundle (the bytes or the path of the tar.gz that `opa build -t plan -e PATH` makes), or a plan
 * @throws PlanError for anything that can't be evaluated: see its `code`
 * @example
 * ```ts
 * import { loadPlan } from 'opa-plan';
 *
 * const policy = await loadPlan('bundle.tar.gz', { maxBytes: 1024 * 1024 });
 * ```
 */
export async function loadPlan(
  source: string | Uint8Array | PlanSource,
  options: LoadOptions = {},
): Promise<Policy> {
  if (typeof source === 'object' && !(source instanceof Uint8Array)) return createPolicy(source, options);
  const maxBytes = options.maxBytes ?? 64 * MIB;
  const packed = typeof source === 'string' ? await readBundleFile(source) : source;
  if (packed.length > maxBytes) {
    throw new PlanError(
      'LIMIT_EXCEEDED',
      `The bundle has ${packed.length} bytes; maxBytes allows ${maxBytes}`,
    );
  }
  const { plan, data, revision } = await readBundle(packed, maxBytes * 8);
  // Results are copies: nobody but a supplied builtin gets hold of the data. Freezing takes as long as JSON.parse.
  const isExposed = Object.keys(options.builtins ?? {}).length > 0;
  return policyOf(plan, isExposed ? freeze(data) : data, revision, options);
}

/**
 * Makes a policy of a plan that is at hand already.
 *
 * @example
 * ```ts
 * import { readFileSync } from 'node:fs';
 * import { createPolicy } from 'opa-plan';
 *
 * const plan: unknown = JSON.parse(readFileSync('plan.json', 'utf8'));
 * const policy = createPolicy({ plan, data: { roles: ['viewer'] } });
 * ```
 */
export function createPolicy(
  { plan, data = {}, revision = '' }: PlanSource,
  options: LoadOptions = {},
): Policy {
  return policyOf(plan, freeze(data), revision, options);
}

function policyOf(plan: unknown, data: Value, revision: string, options: LoadOptions): Policy {
  const checked = readPlan(plan);
  const builtins = resolveBuiltins(checked, { ...ownBuiltins, ...options.builtins });
  const compiled = compile(checked, builtins);
  const settings = {
    runtime: (options.runtime ?? {}) as Value,
    maxSize: options.maxSize ?? 16 * MIB,
    maxElements: options.maxElements ?? 16 * MIB,
    locations: compiled.locations,
  };
  return new Policy(compiled, data, settings, revision);
}

async function readBundleFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new PlanError('INVALID_BUNDLE', `The bundle ${JSON.stringify(path)} can't be read`, { cause });
  }
}

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

/** Options for loading a policy. */
export interface LoadOptions {
  /**
   * Builtins that this package lacks, such as `http.send`, or replacements for its own builtins. They must be
   * synchronous.
   */
  readonly builtins?: Readonly<Record<string, Builtin>>;
  /** The value of `opa.runtime()`. */
  readonly runtime?: Readonly<Record<string, unknown>>;
  /**
   * The maximum size of the packed bundle in bytes. The unpacked bundle may be eight times as large.
   *
   * @defaultValue 67,108,864 (64 MiB)
   */
  readonly maxBytes?: number;
  /**
   * The maximum number of characters or elements of one value that a builtin makes.
   *
   * @defaultValue 16,777,216
   */
  readonly maxSize?: number;
  /**
   * The maximum number of elements that one evaluation may add to its collections in total.
   *
   * @defaultValue 16,777,216
   */
  readonly maxElements?: number;
}

/** A plan that the caller has already read: the parsed `plan.json`, and the data that belongs to it. */
export interface PlanSource {
  readonly plan: unknown;
  /** A JSON object. The package freezes it, because a change would affect evaluations. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** The revision of the policy. */
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
  // Only supplied builtins can reach the data, because results are copies. Freezing takes as long as JSON.parse, so
  // it is skipped without supplied builtins.
  const isExposed = Object.keys(options.builtins ?? {}).length > 0;
  return policyOf(plan, isExposed ? freeze(data) : data, revision, options);
}

/**
 * Makes a policy from a plan that the caller has already read.
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

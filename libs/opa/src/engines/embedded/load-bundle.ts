import type { Policy } from 'opa-plan';
import { badBundle } from './embedded-errors.js';
import { readSource, sourceLabel } from './bundle-source.js';

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/** How a bundle is read. */
export interface LoadBundleOptions {
  /**
   * The largest bundle that is read, packed, in bytes; unpacked it may be eight times as large.
   *
   * @defaultValue 67,108,864 (64 MiB)
   */
  readonly maxBytes?: number | undefined;
}

/** A bundle whose policy is ready to be evaluated. */
export interface LoadedBundle {
  /** Where the bundle came from, for messages: the path, or the URL without credentials and query. */
  readonly source: string;
  readonly policy: Policy;
}

/**
 * Loads an OPA bundle: the tar.gz that `opa build -t plan -e PATH` makes.
 *
 * @remarks An http(s) URL is read once: no redirects, at most 10 seconds. The bundle's signature is not checked.
 * Load bundles only from where you trust.
 *
 * @param source - the path of a file, or an http(s) URL
 * @throws OpaError `OPA_BAD_BUNDLE` when it can't be read, is too large or corrupt, has no plan, or has a plan that this
 * engine can't evaluate
 */
export async function loadBundle(source: string, options: LoadBundleOptions = {}): Promise<LoadedBundle> {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const label = sourceLabel(source);
  const bytes = await readSource(source, maxBytes);
  // Loaded here alone: an application that asks a remote OPA doesn't pay for it.
  const { loadPlan, PlanError } = await import('opa-plan');
  try {
    return { source: label, policy: await loadPlan(bytes, { maxBytes }) };
  } catch (error) {
    if (error instanceof PlanError) throw badBundle(label, error.message, error);
    throw error;
  }
}

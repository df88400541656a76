import { loadPlan, PlanError } from 'opa-plan';
import type { Policy } from 'opa-plan';
import { badBundle } from './embedded-errors.js';
import type { EmbeddedEngineOptions } from '../embedded-engine.js';
import { readSource, sourceLabel } from './bundle-source.js';

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/** A bundle whose policy is ready. */
export interface LoadedBundle {
  /** Where the bundle came from, for messages: the path, or the URL without credentials and query. */
  readonly source: string;
  readonly policy: Policy;
}

/**
 * Loads an OPA bundle: the tar.gz that `opa build -t plan -e PATH` makes.
 *
 * @remarks An http(s) URL is read once, without redirects, within 10 seconds. The library does not check the bundle's
 * signature, so load bundles only from a place that you trust.
 *
 * @param source - the path of a file, or an http(s) URL
 * @throws OpaError `OPA_BAD_BUNDLE` when it can't be read, is too large or corrupt, has no plan, or has a plan that this
 * engine can't evaluate
 */
export async function loadBundle(
  source: string,
  options: Pick<EmbeddedEngineOptions, 'maxBytes'> = {},
): Promise<LoadedBundle> {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const label = sourceLabel(source);
  const bytes = await readSource(source, maxBytes);
  try {
    return { source: label, policy: await loadPlan(bytes, { maxBytes }) };
  } catch (error) {
    if (error instanceof PlanError) throw badBundle(label, error.message, error);
    throw error;
  }
}

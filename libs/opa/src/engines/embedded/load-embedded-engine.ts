import { policyPathHint } from '../../contracts/index.js';
import { badBundle } from './embedded-errors.js';
import type { EmbeddedEngineOptions } from '../embedded-engine.js';
import { addEntrypoint, PlanEngine } from './plan.engine.js';
import { loadBundle } from './load-bundle.js';

/**
 * Loads a bundle and makes an engine of it.
 *
 * @throws OpaError `OPA_BAD_BUNDLE`, as `createEmbeddedEngine`
 */
export async function loadEmbeddedEngine(options: EmbeddedEngineOptions): Promise<PlanEngine> {
  const { bundle, entrypoints = [] } = options;
  const loaded = await loadBundle(bundle, options);
  const absent = entrypoints.filter((path) => loaded.policy.defines(path) === false);
  if (absent.length === 0) return new PlanEngine(loaded);
  const hints = absent.map(policyPathHint).join('');
  throw badBundle(
    loaded.source,
    `it does not contain ${absent.join(', ')}. ${addEntrypoint(loaded.policy)}${hints}`,
  );
}

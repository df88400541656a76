import { policyPathHint } from '../../contracts/index.js';
import { badBundle } from './embedded-errors.js';
import { addEntrypoint, EmbeddedEngine } from './embedded.engine.js';
import type { LoadBundleOptions } from './load-bundle.js';
import { loadBundle } from './load-bundle.js';

/** The options of `createEmbeddedEngine`. */
export interface EmbeddedEngineOptions extends LoadBundleOptions {
  /** The path of a bundle's file, or its http(s) URL. */
  readonly bundle: string;
  /** Policy paths that the bundle must contain. Default: none. */
  readonly entrypoints?: readonly string[] | undefined;
}

/**
 * Loads a bundle and makes an engine of it.
 *
 * @throws OpaError `OPA_BAD_BUNDLE`, as `createEmbeddedEngine`
 */
export async function loadEmbeddedEngine(options: EmbeddedEngineOptions): Promise<EmbeddedEngine> {
  const { bundle, entrypoints = [] } = options;
  const loaded = await loadBundle(bundle, options);
  const absent = entrypoints.filter((path) => loaded.policy.defines(path) === false);
  if (absent.length === 0) return new EmbeddedEngine(loaded);
  const hints = absent.map(policyPathHint).join('');
  throw badBundle(
    loaded.source,
    `it does not contain ${absent.join(', ')}. ${addEntrypoint(loaded.policy)}${hints}`,
  );
}

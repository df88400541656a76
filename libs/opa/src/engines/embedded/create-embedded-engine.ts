import { loadBundle } from './load-bundle.js';
import type { LoadBundleOptions } from './load-bundle.js';
import type { EmbeddedEngine } from './embedded.engine.js';
import { badBundle } from './embedded-errors.js';

/** What {@link createEmbeddedEngine} takes. */
export interface EmbeddedEngineOptions extends LoadBundleOptions {
  /** The path of a bundle's file, or its http(s) URL. */
  readonly bundle: string;
  /** Policy paths that the bundle must be able to answer. Default: none. */
  readonly entrypoints?: readonly string[] | undefined;
}

/**
 * Loads a bundle and makes an engine of it.
 *
 * @example
 * ```ts
 * const engine = await createEmbeddedEngine({ bundle: 'policies/bundle.tar.gz' });
 * ```
 *
 * @throws OpaError `OPA_BAD_BUNDLE` when the bundle can't be used: it can't be read, is corrupt, has no plan, needs a
 * builtin that is missing here, or does not hold one of `entrypoints`
 */
export async function createEmbeddedEngine(options: EmbeddedEngineOptions): Promise<EmbeddedEngine> {
  const bundle = await loadBundle(options.bundle, options);
  const { addEntrypoint, EmbeddedEngine } = await import('./embedded.engine.js');
  const absent = (options.entrypoints ?? []).filter((path) => bundle.policy.defines(path) === false);
  if (absent.length > 0) {
    throw badBundle(bundle.source, `it does not hold ${absent.join(', ')}. ${addEntrypoint(bundle.policy)}`);
  }
  return new EmbeddedEngine(bundle);
}

import type { EmbeddedEngine, EmbeddedEngineOptions } from './embedded-engine.js';
import type { PlanEngine } from './embedded/plan.engine.js';

/**
 * Loads a bundle, and gives an engine that evaluates its policies in this process. Use the engine in a test or a script;
 * an application sets option `bundle`.
 *
 * @example
 * ```ts
 * import { createEmbeddedEngine } from 'nestjs-opa';
 *
 * const engine = await createEmbeddedEngine({ bundle: 'policies/bundle.tar.gz' });
 * const query = { policy: 'orders/read', input: { subject: { id: 'ann' } } };
 * const { result } = await engine.evaluate(query, { deadline: performance.now() + 100 });
 * ```
 *
 * @throws OpaError `OPA_BAD_BUNDLE` when the bundle can't be used: it can't be read, is corrupt, has no plan, needs a
 * builtin that is missing here, or does not contain one of `entrypoints`
 */
export function createEmbeddedEngine(options: EmbeddedEngineOptions): Promise<EmbeddedEngine> {
  return createPlanEngine(options);
}

/** Does the same as {@link createEmbeddedEngine}. The engine may return results without a promise. */
export async function createPlanEngine(options: EmbeddedEngineOptions): Promise<PlanEngine> {
  // The one import of embedded/: an application without a bundle loads neither this engine nor opa-plan.
  const { loadEmbeddedEngine } = await import('./embedded/load-embedded-engine.js');
  return loadEmbeddedEngine(options);
}

import type { EngineAnswer, EvaluateOptions, PolicyEngine, Query } from './engine.js';
import type { MaybePromise } from './maybe-promise.js';
import { promiseTry } from './maybe-promise.js';

/**
 * An engine of this library: it answers without a promise where there is nothing to wait for.
 *
 * @remarks `evaluateNow` is the only method that an engine or a wrapper writes. One that forgets the synchronous path
 * does not compile.
 */
export abstract class BaseEngine implements PolicyEngine {
  abstract readonly name: string;

  /**
   * Evaluates a policy, at once where the engine can.
   *
   * @throws OpaError where the engine finds out at once that there is no answer
   * @internal
   */
  abstract evaluateNow(query: Query, options: EvaluateOptions): MaybePromise<EngineAnswer>;

  ready?(signal?: AbortSignal): Promise<void>;
  defines?(policy: string, options: EvaluateOptions): Promise<boolean | undefined>;
  close?(): Promise<void> | void;

  /** Evaluates a policy. {@link PolicyEngine.evaluate} says what the method throws. */
  evaluate(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    return promiseTry(() => this.evaluateNow(query, options));
  }
}

/** Evaluates a policy by one engine. */
export type Evaluate = (query: Query, options: EvaluateOptions) => MaybePromise<EngineAnswer>;

/** How an engine evaluates: at once, where an engine of this library can; by a promise, with an engine of the user's. */
export function evaluateBy(engine: PolicyEngine): Evaluate {
  return engine instanceof BaseEngine
    ? (query, options) => engine.evaluateNow(query, options)
    : (query, options) => engine.evaluate(query, options);
}

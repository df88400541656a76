import type { EngineAnswer, EvaluateOptions, PolicyEngine, Query } from './engine.js';
import type { MaybePromise } from './maybe-promise.js';
import { promiseTry } from './maybe-promise.js';

/**
 * The base class of this library's engines. An engine returns no promise when it has nothing to wait for.
 *
 * @remarks A subclass implements only `evaluateNow`. A subclass without `evaluateNow` does not compile.
 */
export abstract class BaseEngine implements PolicyEngine {
  abstract readonly name: string;
  /**
   * Whether the engine reads inputs as JSON. An engine that does not gets a copy of the input, which costs less.
   *
   * @internal
   */
  readonly readsJson: boolean = true;

  /**
   * Evaluates a policy, at once where the engine can.
   *
   * @throws OpaError when the engine fails at once
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

/** The evaluation of an engine. Engines of this library may return no promise; a user's engine returns a promise. */
export function evaluateBy(engine: PolicyEngine): Evaluate {
  return engine instanceof BaseEngine
    ? (query, options) => engine.evaluateNow(query, options)
    : (query, options) => engine.evaluate(query, options);
}

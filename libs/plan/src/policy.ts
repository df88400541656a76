import type { CompiledPlan } from './compiler/index.js';
import { Documents } from './documents.js';
import { PlanError } from './error.js';
import { Evaluation } from './runtime/index.js';
import type { EvaluateOptions, EvaluationSettings } from './runtime/index.js';
import { toJson, toPlain } from './values/index.js';
import type { Value } from './values/index.js';

const NO_OPTIONS: EvaluateOptions = {};

/**
 * A loaded policy. A policy never changes: to replace it, load another one.
 *
 * @example
 * ```ts
 * import { loadPlan } from 'opa-plan';
 *
 * const policy = await loadPlan('bundle.tar.gz');
 * const allowed = policy.evaluate('orders/read', { user: { role: 'viewer' } }) === true;
 * ```
 */
export class Policy {
  readonly #documents: Documents;

  /** @internal Use `loadPlan`. */
  constructor(
    private readonly plan: CompiledPlan,
    private readonly data: Value,
    private readonly settings: EvaluationSettings,
    /** The revision of the bundle. An empty string when the bundle has none. */
    readonly revision: string,
  ) {
    this.#documents = new Documents(plan);
  }

  /** The entrypoints of the plan: `orders/allow`. */
  get entrypoints(): readonly string[] {
    return [...this.plan.entrypoints.keys()];
  }

  /**
   * Evaluates the document at a path (`orders/allow`). Returns a copy as plain JSON, or undefined when the policy
   * does not define the document.
   *
   * @throws PlanError always, and nothing else
   */
  evaluate(path: string, input?: unknown, options: EvaluateOptions = NO_OPTIONS): unknown {
    return this.#run(path, input as Value | undefined, options, toPlain);
  }

  /**
   * Evaluates the document at a path. Returns the JSON text that OPA writes, with the exact text of every number.
   *
   * @throws PlanError always, and nothing else
   */
  evaluateToJson(path: string, input?: unknown, options: EvaluateOptions = NO_OPTIONS): string | undefined {
    return this.#run(path, input as Value | undefined, options, toJson);
  }

  /**
   * Whether the policy defines a path for every input: a rule, a package or base data. Undefined means that only an
   * evaluation can tell, because the path lies inside the value of a rule.
   */
  defines(path: string): boolean | undefined {
    return this.#documents.defines(path, this.data);
  }

  #run<T>(
    path: string,
    input: Value | undefined,
    options: EvaluateOptions,
    convert: (value: Value) => T,
  ): T | undefined {
    const memo = new Array<undefined>(this.plan.memoSize);
    const context = new Evaluation(this.settings, options, {
      input,
      data: this.data,
      memo,
      outer: undefined,
    });
    try {
      context.begin();
      const value = this.#documents.at(path)(context, input, this.data);
      return value === undefined ? undefined : convert(value);
    } catch (cause) {
      throw asPlanError(cause, path);
    } finally {
      context.end();
    }
  }
}

function asPlanError(error: unknown, path: string): PlanError {
  if (error instanceof PlanError) return error;
  // V8 throws a RangeError for a full stack, and for a string or an array beyond its maximum length.
  if (error instanceof RangeError) {
    return new PlanError(
      'LIMIT_EXCEEDED',
      `Evaluating "${path}" needs values that are too deep or too long`,
      {
        cause: error,
      },
    );
  }
  return new PlanError('EVALUATION_FAILED', `Evaluating "${path}" failed`, { cause: error });
}

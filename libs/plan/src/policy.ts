import type { CompiledPlan } from './compiler/index.js';
import { documentAt } from './document.js';
import { PlanError } from './error.js';
import type { PolicyLocation } from './error.js';
import { Evaluation, RandomSource } from './runtime/index.js';
import { toJson, toPlain } from './values/index.js';
import type { Value } from './values/index.js';

/** How one evaluation runs. */
export interface EvaluateOptions {
  /** When the evaluation must be over, in milliseconds of `performance.now()`. It throws DEADLINE_EXCEEDED then. */
  readonly deadline?: number;
  /** The evaluation throws ABORTED when this is aborted before it begins, or by a builtin while it runs. */
  readonly signal?: AbortSignal;
  /** The time that the policy sees: milliseconds, or nanoseconds as a bigint, since 1970. Now, if left out. */
  readonly now?: number | bigint;
  /** Whether the failure of a builtin ends the evaluation, instead of making the expression undefined. */
  readonly strictBuiltinErrors?: boolean;
  /** Takes the lines that the policy prints. They are dropped if this is left out. */
  readonly print?: (line: string, location: PolicyLocation | undefined) => void;
  /** Makes random numbers and UUIDs repeatable, for tests. */
  readonly seed?: string;
}

/** What all evaluations of a policy share. */
export interface PolicySettings {
  readonly runtime: Value;
  readonly maxSize: number;
  readonly maxElements: number;
}

/** A policy that was loaded. It is never changed: load another one to replace it. */
export class Policy {
  /** Use `loadPlan`. */
  constructor(
    private readonly plan: CompiledPlan,
    private readonly data: Value,
    private readonly settings: PolicySettings,
    /** The revision of the bundle: an empty text when it has none. */
    readonly revision: string,
  ) {}

  /** The entrypoints of the plan: `orders/allow`. */
  get entrypoints(): readonly string[] {
    return [...this.plan.entrypoints.keys()];
  }

  /**
   * Evaluates the document at a path (`orders/allow`), and gives it as plain JSON of the caller's own. Undefined means
   * that the policy doesn't define the document.
   */
  evaluate(path: string, input?: unknown, options: EvaluateOptions = {}): unknown {
    return this.#run(path, input, options, toPlain);
  }

  /** Evaluates the document at a path, and gives it as OPA writes it in JSON: every number has its exact text. */
  evaluateToJson(path: string, input?: unknown, options: EvaluateOptions = {}): string | undefined {
    return this.#run(path, input, options, toJson);
  }

  #run<T>(
    path: string,
    input: unknown,
    options: EvaluateOptions,
    convert: (value: Value) => T,
  ): T | undefined {
    const context = this.#begin(input as Value | undefined, options);
    try {
      context.tick();
      const parts = path.split('/').filter((part) => part !== '');
      const value = documentAt(this.plan, context, parts, input as Value | undefined, this.data);
      return value === undefined ? undefined : convert(value);
    } catch (cause) {
      throw asPlanError(cause, path);
    }
  }

  #begin(input: Value | undefined, options: EvaluateOptions): Evaluation {
    const { now = Date.now(), deadline = Infinity, signal, strictBuiltinErrors = false } = options;
    return new Evaluation({
      ...this.settings,
      scope: { input, data: this.data, memo: new Array<undefined>(this.plan.memoSize), outer: undefined },
      now: typeof now === 'bigint' ? now : BigInt(Math.trunc(now)) * 1_000_000n,
      strict: strictBuiltinErrors,
      deadline,
      signal,
      random: new RandomSource(options.seed),
      locations: this.plan.locations,
      print: options.print ?? (() => undefined),
    });
  }
}

function asPlanError(error: unknown, path: string): PlanError {
  if (error instanceof PlanError) return error;
  // V8 throws a RangeError when the stack is full, or a text or array is longer than it can be.
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

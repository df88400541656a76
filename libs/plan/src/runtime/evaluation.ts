import type { BuiltinContext } from '../builtins/builtin.js';
import { PlanError } from '../error.js';
import type { PolicyLocation } from '../error.js';
import { spend, work } from '../values/index.js';
import type { Clock, Value } from '../values/index.js';
import type { Scope } from './memo.js';
import { RandomSource } from './random.js';

/** The minimum number of steps between two checks of the clock. */
const FEWEST_STEPS = 4;
const MOST_STEPS = 1_024;
/** The approximate time between two checks of the clock, in milliseconds. */
const INTERVAL = 0.5;

/** A generated function. Its arguments are the evaluation, `input`, `data`, and the arguments in the policy. */
export type Compiled = (
  context: Evaluation,
  input: Value | undefined,
  data: Value,
  ...args: Value[]
) => Value | undefined;

/** The settings that all evaluations of a policy share. */
export interface EvaluationSettings {
  /** The value of `opa.runtime()`. */
  readonly runtime: Value;
  /** The maximum number of characters or elements of one value. */
  readonly maxSize: number;
  /** The maximum number of elements that an evaluation may add to its collections in total. */
  readonly maxElements: number;
  /** The places of statements. The index is the number of the place. */
  readonly locations: readonly PolicyLocation[];
}

/** Options of one evaluation. */
export interface EvaluateOptions {
  /**
   * The time at which the evaluation must have ended, in milliseconds of `performance.now()`. Later the evaluation
   * throws DEADLINE_EXCEEDED.
   */
  readonly deadline?: number;
  /**
   * The evaluation throws ABORTED when the signal is aborted before the start, or when a builtin aborts it during the
   * evaluation.
   */
  readonly signal?: { readonly aborted: boolean; readonly reason?: unknown };
  /**
   * The time that the policy sees: milliseconds since 1970, or nanoseconds as a bigint. The default is the current
   * time.
   */
  readonly now?: number | bigint;
  /** Whether an error of a builtin ends the evaluation. Otherwise the error makes the expression undefined. */
  readonly strictBuiltinErrors?: boolean;
  /** Receives the lines that the policy prints. Without this function the lines are dropped. */
  readonly print?: (line: string, location: PolicyLocation | undefined) => void;
  /** Makes random numbers and UUIDs repeatable, for tests. */
  readonly seed?: string;
}

/**
 * The state of one evaluation. The generated code reads it from `c`. Most policies need few of its parts, so they are
 * made on first use.
 */
export class Evaluation implements BuiltinContext, Clock {
  readonly strict: boolean;
  /** The number of elements that the evaluation may still add to its collections. */
  room: number;
  /** The number of the place that calls the current builtin. */
  site = -1;
  #window = FEWEST_STEPS;
  #lastLook = 0;
  #outerSteps = 0;
  #outerClock: Clock | undefined;
  #now: bigint | undefined;
  #cache: Map<string, unknown> | undefined;
  #random: RandomSource | undefined;

  constructor(
    private readonly settings: EvaluationSettings,
    private readonly options: EvaluateOptions,
    /** The current documents. `with` replaces the scope. */
    public scope: Scope,
  ) {
    this.strict = options.strictBuiltinErrors ?? false;
    this.room = settings.maxElements;
  }

  get runtime(): Value {
    return this.settings.runtime;
  }

  get now(): bigint {
    return (this.#now ??= nanoseconds(this.options.now ?? Date.now()));
  }

  get cache(): Map<string, unknown> {
    return (this.#cache ??= new Map<string, unknown>());
  }

  /** Starts to count steps for this evaluation. A builtin of an outer evaluation may evaluate another policy. */
  begin(): void {
    this.#outerSteps = work.steps;
    this.#outerClock = work.clock;
    work.clock = this;
    this.tick();
  }

  /** Counts steps for the outer evaluation again, if there is one. */
  end(): void {
    if (!this.#outerClock) return;
    work.steps = this.#outerSteps;
    work.clock = this.#outerClock;
  }

  /** Checks the clock and allows more steps. The number of steps depends on how long the last steps took. */
  tick(): void {
    const { deadline, signal } = this.options;
    if (signal?.aborted)
      throw new PlanError('ABORTED', 'The evaluation was aborted', { cause: signal.reason });
    if (deadline === undefined) {
      work.steps = MOST_STEPS;
      return;
    }
    const now = performance.now();
    if (now >= deadline) {
      throw new PlanError('DEADLINE_EXCEEDED', 'The deadline was over before the evaluation was');
    }
    const isQuick = now - this.#lastLook < INTERVAL;
    this.#window = isQuick
      ? Math.min(this.#window * 2, MOST_STEPS)
      : Math.max(this.#window >> 2, FEWEST_STEPS);
    work.steps = this.#window;
    this.#lastLook = now;
  }

  checkDeadline(): void {
    spend(1);
  }

  checkSize(size: number): void {
    if (size > this.settings.maxSize) throw this.#limit(`a value of ${size} characters or elements`);
  }

  random(): number {
    return (this.#random ??= new RandomSource(this.options.seed)).number();
  }

  randomBytes(count: number): Uint8Array {
    this.checkSize(count);
    return (this.#random ??= new RandomSource(this.options.seed)).bytes(count);
  }

  print(line: string): void {
    this.options.print?.(line, this.locationOf(this.site));
  }

  /** Returns a place by its number. */
  locationOf(site: number): PolicyLocation | undefined {
    return this.settings.locations[site];
  }

  /** Throws the error for collections that grew beyond the limit. */
  full(): never {
    throw this.#limit(`more than ${this.settings.maxElements} elements in collections`);
  }

  #limit(what: string): PlanError {
    return new PlanError(
      'LIMIT_EXCEEDED',
      `The policy made ${what}. Raise the limits, or change the policy.`,
      {
        location: this.locationOf(this.site),
      },
    );
  }
}

const nanoseconds = (now: number | bigint) =>
  typeof now === 'bigint' ? now : BigInt(Math.trunc(now)) * 1_000_000n;

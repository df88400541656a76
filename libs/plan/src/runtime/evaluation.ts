import type { BuiltinContext } from '../builtins/builtin.js';
import { PlanError } from '../error.js';
import type { PolicyLocation } from '../error.js';
import { spend, work } from '../values/index.js';
import type { Clock, Value } from '../values/index.js';
import type { Scope } from './memo.js';
import { RandomSource } from './random.js';

/** The fewest and the most steps between two looks at the clock. */
const FEWEST_STEPS = 4;
const MOST_STEPS = 1_024;
/** About how many milliseconds may pass between two looks at the clock. */
const INTERVAL = 0.5;

/** A function that was generated: of the evaluation, input, data and the policy's own arguments. */
export type Compiled = (
  context: Evaluation,
  input: Value | undefined,
  data: Value,
  ...args: Value[]
) => Value | undefined;

/** What all evaluations of a policy share. */
export interface EvaluationSettings {
  /** What `opa.runtime()` gives. */
  readonly runtime: Value;
  /** The most characters or elements of one value. */
  readonly maxSize: number;
  /** The most elements that all collections may grow by. */
  readonly maxElements: number;
  /** The places of statements, by their numbers. */
  readonly locations: readonly PolicyLocation[];
}

/** How one evaluation runs. */
export interface EvaluateOptions {
  /** When the evaluation must be over, in milliseconds of `performance.now()`. It throws DEADLINE_EXCEEDED then. */
  readonly deadline?: number;
  /** The evaluation throws ABORTED when this is aborted before it begins, or by a builtin while it runs. */
  readonly signal?: { readonly aborted: boolean; readonly reason?: unknown };
  /** The time that the policy sees: milliseconds, or nanoseconds as a bigint, since 1970. Now, if left out. */
  readonly now?: number | bigint;
  /** Whether the failure of a builtin ends the evaluation, instead of making the expression undefined. */
  readonly strictBuiltinErrors?: boolean;
  /** Takes the lines that the policy prints. They are dropped if this is left out. */
  readonly print?: (line: string, location: PolicyLocation | undefined) => void;
  /** Makes random numbers and UUIDs repeatable, for tests. */
  readonly seed?: string;
}

/** The state of one evaluation. The generated code has it as `c`. Most policies need little of it: it is made lazily. */
export class Evaluation implements BuiltinContext, Clock {
  readonly strict: boolean;
  /** The elements that collections may still grow by. */
  room: number;
  /** The number of the statement that calls a builtin. */
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
    /** The documents that are in force: `with` puts another scope here. */
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

  /** Counts the steps of this evaluation from here on. A builtin may evaluate another policy meanwhile. */
  begin(): void {
    this.#outerSteps = work.steps;
    this.#outerClock = work.clock;
    work.clock = this;
    this.tick();
  }

  /** Counts the steps of whoever began before. */
  end(): void {
    if (!this.#outerClock) return;
    work.steps = this.#outerSteps;
    work.clock = this.#outerClock;
  }

  /** Looks at the clock. How soon it does so again depends on how long the steps took since it did last. */
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

  /** The place of a statement, by its number. */
  locationOf(site: number): PolicyLocation | undefined {
    return this.settings.locations[site];
  }

  /** The error for collections that grew too much. */
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

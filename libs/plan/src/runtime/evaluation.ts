import type { BuiltinContext } from '../builtins/builtin.js';
import { PlanError } from '../error.js';
import type { PolicyLocation } from '../error.js';
import type { Value } from '../values/index.js';
import type { Scope } from './memo.js';
import type { RandomSource } from './random.js';

/** How many turns of loops pass between two looks at the clock. */
const TURNS = 512;

/** What an evaluation is begun with. */
export interface EvaluationSetup {
  readonly scope: Scope;
  readonly now: bigint;
  readonly strict: boolean;
  readonly runtime: Value;
  /** In milliseconds of `performance.now()`. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
  readonly random: RandomSource;
  readonly maxSize: number;
  readonly maxElements: number;
  readonly locations: readonly PolicyLocation[];
  readonly print: (line: string, location: PolicyLocation | undefined) => void;
}

/** The state of one evaluation. The generated code has it as `c`. */
export class Evaluation implements BuiltinContext {
  readonly now: bigint;
  readonly strict: boolean;
  readonly runtime: Value;
  /** The documents that are in force: `with` puts another scope here. */
  scope: Scope;
  /** The turns that are left until the next look at the clock. */
  turns = TURNS;
  /** The elements that collections may still grow by. */
  room: number;
  /** The number of the statement that calls a builtin. */
  site = -1;

  #cache: Map<string, unknown> | undefined;

  constructor(private readonly setup: EvaluationSetup) {
    this.now = setup.now;
    this.strict = setup.strict;
    this.runtime = setup.runtime;
    this.room = setup.maxElements;
    this.scope = setup.scope;
  }

  get cache(): Map<string, unknown> {
    return (this.#cache ??= new Map());
  }

  /** Looks at the clock. */
  tick(): void {
    this.turns = TURNS;
    const { deadline, signal } = this.setup;
    if (signal?.aborted)
      throw new PlanError('ABORTED', 'The evaluation was aborted', { cause: signal.reason });
    if (performance.now() >= deadline) {
      throw new PlanError('DEADLINE_EXCEEDED', 'The deadline was over before the evaluation was');
    }
  }

  checkDeadline(): void {
    if (--this.turns < 0) this.tick();
  }

  checkSize(size: number): void {
    if (size > this.setup.maxSize) throw this.#limit(`a value of ${size} characters or elements`);
  }

  random(): number {
    return this.setup.random.number();
  }

  randomBytes(count: number): Uint8Array {
    this.checkSize(count);
    return this.setup.random.bytes(count);
  }

  print(line: string): void {
    this.setup.print(line, this.locationOf(this.site));
  }

  /** The place of a statement, by its number. */
  locationOf(site: number): PolicyLocation | undefined {
    return this.setup.locations[site];
  }

  /** The error for collections that grew too much. */
  full(): never {
    throw this.#limit(`more than ${this.setup.maxElements} elements in collections`);
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

/** A function that was generated: of the evaluation, input, data and the policy's own arguments. */
export type Compiled = (
  context: Evaluation,
  input: Value | undefined,
  data: Value,
  ...args: Value[]
) => Value | undefined;

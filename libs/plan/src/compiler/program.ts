import { PlanError } from '../error.js';
import type { PolicyLocation } from '../error.js';
import type { Plan, PlanFunction, StatementLocation } from '../plan/index.js';
import type { RegoNumber } from '../values/index.js';

/** What the generated code calls by a name of its own: functions of the plan and builtins. */
export interface Callee {
  readonly name: string;
  readonly kind: 'function' | 'builtin';
  readonly hasResult: boolean;
  /** How many arguments it takes: input and data among them, if it is a function of the plan. */
  readonly parameters: number;
}

/** What all functions of a plan share while they are compiled. */
export class Program {
  /** Numbers that no literal of JavaScript can write. The generated code has them as `n`. */
  readonly numbers: RegoNumber[] = [];
  /** The places of statements that may fail. */
  readonly locations: PolicyLocation[] = [];
  readonly #callees = new Map<string, Callee>();

  constructor(readonly plan: Plan) {
    for (const [index, { name, hasResult, arity }] of plan.builtins.entries()) {
      this.#callees.set(name, { name: `x${index}`, kind: 'builtin', hasResult, parameters: arity });
    }
    for (const [index, { name, params }] of plan.functions.entries()) {
      this.#callees.set(name, {
        name: `f${index}`,
        kind: 'function',
        hasResult: true,
        parameters: params.length,
      });
    }
  }

  /** What a statement calls. */
  callee(name: string, args: number): Callee {
    const callee = this.#callees.get(name);
    if (!callee)
      throw new PlanError('INVALID_PLAN', `The plan calls ${JSON.stringify(name)}, which it lacks`);
    if (callee.parameters !== args) {
      throw new PlanError('INVALID_PLAN', `The plan calls ${JSON.stringify(name)} with ${args} arguments`);
    }
    return callee;
  }

  /** The number of a statement's place. */
  site({ file, row, col }: StatementLocation, rule: string): number {
    return this.locations.push({ file: this.plan.files[file] ?? '', row, column: col, rule }) - 1;
  }
}

/** Whether a function is a rule: its result depends on input and data alone. */
export const isRule = ({ params }: PlanFunction): boolean => params.length === 2;

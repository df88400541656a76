import { PlanError } from '../error.js';
import type { PolicyLocation } from '../error.js';
import type { Plan, PlanFunction, StatementLocation } from '../plan/index.js';
import type { RegoNumber } from '../values/index.js';

/** A function of the plan or a builtin, as the generated code calls it. */
export interface Callee {
  readonly name: string;
  readonly kind: 'function' | 'builtin';
  readonly hasResult: boolean;
  /** The number of parameters. A function of the plan also takes `input` and `data`. */
  readonly parameters: number;
}

/** The tables that all functions of a plan share during compilation. */
export class Program {
  /** Numbers that no JavaScript literal can express. The generated code reads them from the array `n`. */
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

  /** The function or builtin that a statement calls. */
  callee(name: string, args: number): Callee {
    const callee = this.#callees.get(name);
    if (!callee)
      throw new PlanError('INVALID_PLAN', `The plan calls ${JSON.stringify(name)}, which it lacks`);
    if (callee.parameters !== args) {
      throw new PlanError('INVALID_PLAN', `The plan calls ${JSON.stringify(name)} with ${args} arguments`);
    }
    return callee;
  }

  /** The number of a statement's place in the table of locations. */
  site({ file, row, col }: StatementLocation, rule: string): number {
    return this.locations.push({ file: this.plan.files[file] ?? '', row, column: col, rule }) - 1;
  }
}

/** Whether a function is a rule: its result depends only on `input` and `data`. */
export const isRule = ({ params }: PlanFunction): boolean => params.length === 2;

import { PlanError } from '../error.js';
import { isNumber } from '../values/index.js';
import type { RegoNumber, Value } from '../values/index.js';

/** An unchecked JSON object of a plan. */
export type Json = Record<string, unknown>;

/** The error for a plan that `opa build -t plan` would not write. */
export const invalid = (where: string, what: string): PlanError =>
  new PlanError('INVALID_PLAN', `${where} of the plan ${what}. Build the plan with opa build -t plan.`);

/** Reads an object. The error names the place in the plan. */
export function objectAt(value: unknown, where: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw invalid(where, 'is not an object');
}

/** Reads an array. Go writes null for an empty array. */
export function arrayAt(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (value === null || value === undefined) return [];
  throw invalid(where, 'is not an array');
}

/** Reads a string. */
export function textAt(value: unknown, where: string): string {
  if (typeof value === 'string') return value;
  throw invalid(where, 'is not a text');
}

/** Reads an integer of any size. */
export function integerAt(value: unknown, where: string): number | RegoNumber {
  if (value !== undefined && isNumber(value as Value)) return value as number | RegoNumber;
  throw invalid(where, 'is not a number');
}

/** Reads an integer from zero to below a limit. */
export function indexAt(value: unknown, limit: number, where: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < limit) return value;
  throw invalid(where, `is not a whole number from 0 to ${limit - 1}`);
}

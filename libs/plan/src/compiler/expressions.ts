import type { Operand } from '../plan/index.js';
import { numberFromText, numberText } from '../values/index.js';
import type { RegoNumber } from '../values/index.js';
import type { Program } from './program.js';

/** The name of a local variable. */
export const local = (number: number): string => `l${number}`;

/** Writes a string as a JavaScript literal. JSON.stringify escapes every character that could end the literal. */
export const literal = (text: string): string => JSON.stringify(text);

/** The expression that reads an operand. */
export function operand({ plan }: Program, { type, value }: Operand): string {
  if (type === 'local') return local(value);
  return type === 'bool' ? String(value) : literal(plan.strings[value] ?? '');
}

/** Whether an operand is a string or a boolean constant of the plan. `===` compares these. */
export const isConstant = ({ type }: Operand): boolean => type !== 'local';

/** The expression for a number of the plan. */
export function number(program: Program, value: string | number | RegoNumber): string {
  const parsed = numberFromText(typeof value === 'string' ? value : numberText(value));
  if (typeof parsed === 'number') return String(parsed);
  return `n[${program.numbers.push(parsed) - 1}]`;
}

import type { Operand } from '../plan/index.js';
import { numberFromText, numberText } from '../values/index.js';
import type { RegoNumber } from '../values/index.js';
import type { Program } from './program.js';

/** The name of a local variable. */
export const local = (number: number): string => `l${number}`;

/** A text as a literal. JSON escapes everything that could end it. */
export const literal = (text: string): string => JSON.stringify(text);

/** What an operand reads. */
export function operand({ plan }: Program, { type, value }: Operand): string {
  if (type === 'local') return local(value);
  return type === 'bool' ? String(value) : literal(plan.strings[value] ?? '');
}

/** Whether an operand is a text or a boolean of the plan, which `===` compares. */
export const isConstant = ({ type }: Operand): boolean => type !== 'local';

/** A number of the plan, by its text. */
export function number(program: Program, value: string | number | RegoNumber): string {
  const parsed = numberFromText(typeof value === 'string' ? value : numberText(value));
  if (typeof parsed === 'number') return String(parsed);
  return `n[${program.numbers.push(parsed) - 1}]`;
}

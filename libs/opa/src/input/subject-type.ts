import type { Input } from './source.js';
import { ANONYMOUS } from './subject.js';

/** The form of a type that may appear in a log. Any other value may be personal data. */
const TYPE = /^[\w.:/-]{1,40}$/;

/**
 * Returns the type of an input's subject, for log messages. A type does not identify the subject.
 *
 * @returns `none` when the subject has no type, or when a function built the input in a shape of its own
 */
export function subjectTypeOf(input: Input): string {
  const { attributes } = input as { attributes?: { source?: { principal?: unknown } } };
  const subject = input['subject'] ?? attributes?.source?.principal ?? input['user'];
  if (subject === ANONYMOUS.type) return ANONYMOUS.type;
  const { type } = (typeof subject === 'object' && subject !== null ? subject : {}) as { type?: unknown };
  return typeof type === 'string' && TYPE.test(type) ? type : 'none';
}

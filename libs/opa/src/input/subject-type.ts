import type { Input } from './source.js';
import { ANONYMOUS } from './subject.js';

/** What a type looks like that is worth a line in a log; anything else is a value of the application's. */
const TYPE = /^[\w.:/-]{1,40}$/;

/** The type of an input's subject, where its shape is one of the named ones, for messages: it tells no identity. */
export function subjectTypeOf(input: Input): string {
  const { attributes } = input as { attributes?: { source?: { principal?: unknown } } };
  const subject = input['subject'] ?? attributes?.source?.principal ?? input['user'];
  if (subject === ANONYMOUS.type) return ANONYMOUS.type;
  const { type } = (typeof subject === 'object' && subject !== null ? subject : {}) as { type?: unknown };
  return typeof type === 'string' && TYPE.test(type) ? type : 'none';
}

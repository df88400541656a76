import type { DecisionSubject } from '../contracts/index.js';

/** Finds the subject in an input, in each built-in shape. A shape of the application's own may have none. */
export function subjectOf(input: unknown): DecisionSubject {
  const { subject, user, attributes } = fields(input);
  const caller = subject ?? fields(fields(attributes)['source'])['principal'] ?? user;
  if (typeof caller === 'string') return { id: caller };
  const { id, sub, type } = fields(caller);
  const name = id ?? sub;
  return {
    ...((typeof name === 'string' || typeof name === 'number') && { id: String(name) }),
    ...(typeof type === 'string' && { type }),
  };
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

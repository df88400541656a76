import { OpaError } from '../contracts/index.js';

/**
 * Returns the name of a subject, for policies that identify users by name: the subject itself when it is a string, else
 * its `sub` or `id`. Without a user, the name is `anonymous`.
 *
 * @throws OpaError `OPA_BAD_INPUT` when an authenticated subject has no name: it must not be taken for an anonymous one
 */
export function userName(subject: unknown): string {
  const { type, sub, id } = Object(subject) as Readonly<Record<'type' | 'sub' | 'id', unknown>>;
  const name = typeof subject === 'string' ? subject : (sub ?? id);
  if (typeof name === 'string' || typeof name === 'number') return String(name);
  if (name === undefined && type === 'anonymous') return 'anonymous';
  throw new OpaError(
    'OPA_BAD_INPUT',
    'The input shape "contextforge" needs the name of the user, but the subject has no string in `sub` or `id`. Set option "input.subject" to a function that returns the name.',
  );
}

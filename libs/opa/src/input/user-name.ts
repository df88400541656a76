import { OpaError } from '../contracts/index.js';

/**
 * The subject's name, for policies that know users by name alone: the subject itself when it is text, else its `sub`
 * or `id`; `anonymous` without a user.
 *
 * @throws OpaError `OPA_BAD_INPUT` when it has none of these, for a user must not pass for nobody
 */
export function userName(subject: unknown): string {
  const { type, sub, id } = Object(subject) as Readonly<Record<'type' | 'sub' | 'id', unknown>>;
  const name = typeof subject === 'string' ? subject : (sub ?? id);
  if (typeof name === 'string' || typeof name === 'number') return String(name);
  if (name === undefined && type === 'anonymous') return 'anonymous';
  throw new OpaError(
    'OPA_BAD_INPUT',
    'The input shape "contextforge" names the user, and the subject has no text in `sub` or `id`. Give option "input.subject" a function that gives the name.',
  );
}

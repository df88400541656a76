import { OpaError } from '../../contracts/index.js';

/** The error of a built-in obligation whose properties don't tell what to do. */
export function malformed(type: string, needs: string): OpaError {
  return new OpaError('OPA_BAD_DECISION', `An obligation "${type}" is malformed: it needs ${needs}.`);
}

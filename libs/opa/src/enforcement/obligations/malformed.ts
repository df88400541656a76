import { OpaError } from '../../contracts/index.js';

/** The error for a built-in obligation with missing or wrong properties. */
export function malformed(type: string, needs: string): OpaError {
  return new OpaError('OPA_BAD_DECISION', `An obligation "${type}" is malformed: it needs ${needs}.`);
}

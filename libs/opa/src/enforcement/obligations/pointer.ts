import { OpaError } from '../../contracts/index.js';

const POINTER = /^(\/([^~]|~[01])*)?$/u;

/**
 * Splits a JSON Pointer (RFC 6901) into its segments. The segment `*` stands for every member.
 *
 * @throws OpaError `OPA_BAD_DECISION` for a value that is not a JSON Pointer
 */
export function parsePointer(pointer: unknown): string[] {
  if (typeof pointer !== 'string' || !POINTER.test(pointer)) {
    throw new OpaError(
      'OPA_BAD_DECISION',
      `An obligation's path ${JSON.stringify(pointer)} is not a JSON Pointer.`,
    );
  }
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

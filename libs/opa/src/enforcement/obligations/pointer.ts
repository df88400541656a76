import { OpaError } from '../../contracts/index.js';

const POINTER = /^(\/([^~]|~[01])*)?$/u;

/** Takes a JSON Pointer (RFC 6901) apart; a segment `*` stands for every member. */
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

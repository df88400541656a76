import type { Decision } from '../contracts/index.js';

/** Tells whether a request may go on. A mocked OpaService may return anything, so only `true` counts as an allow. */
export function isAllowed({ allowed }: Decision): boolean {
  return (allowed as unknown) === true;
}

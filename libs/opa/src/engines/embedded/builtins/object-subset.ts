import { isDeepStrictEqual } from 'node:util';
import { isObject } from './builtin.js';
import type { Builtin } from './builtin.js';

/**
 * `object.subset`: every key of the second is in the first, at any depth.
 *
 * @remarks A set gets here as an array, and for a set the order doesn't matter. Where that would change the answer
 * the evaluation fails, rather than answer for the wrong one of the two.
 */
export const objectSubset: Builtin = (whole, part) => {
  if (isObject(whole) && isObject(part)) return isSubset(whole, part);
  if (Array.isArray(whole) && Array.isArray(part)) return isSubset(whole, part);
  return undefined;
};

function isSubset(whole: unknown, part: unknown): boolean {
  if (isObject(whole) && isObject(part)) {
    return Object.keys(part).every((key) => Object.hasOwn(whole, key) && isSubset(whole[key], part[key]));
  }
  if (Array.isArray(whole) && Array.isArray(part)) return isWithin(whole, part);
  return isDeepStrictEqual(whole, part);
}

function isWithin(whole: readonly unknown[], part: readonly unknown[]): boolean {
  const includes = part.every((item) => whole.some((candidate) => isDeepStrictEqual(candidate, item)));
  if (!includes) return false;
  if (part.length === 0 || isRun(whole, part)) return true;
  // An item twice, and it can't be a set.
  if (hasTwins(part)) return false;
  throw new Error(
    'object.subset cannot tell, in the embedded engine, whether a list whose items are all there, but not side by ' +
      'side, is a set or an array. Compare sets with & and -',
  );
}

function isRun(whole: readonly unknown[], part: readonly unknown[]): boolean {
  return whole.some((_, start) => isDeepStrictEqual(whole.slice(start, start + part.length), part));
}

function hasTwins(list: readonly unknown[]): boolean {
  return list.some((item, index) => list.slice(index + 1).some((other) => isDeepStrictEqual(item, other)));
}

import { LRUCache } from 'lru-cache';
import { OpaError } from './opa-error.js';

// Printable characters, without those that could end, leave or re-encode a path segment.
const SEGMENT = /^[^\s/%?#\\\p{Cc}\p{Cs}]+$/u;

/** What `assertPolicyPath` accepts, for error messages. */
export const POLICY_PATH_RULE =
  'a path under data such as "orders/read": segments separated by single slashes, none of them "." or "..", ' +
  'without a leading or trailing slash, white space, "%", "?", "#" or "\\"';

/**
 * Tells whether a value is a policy path: `a/b/c` under `data`.
 *
 * @example
 * ```ts
 * import { isPolicyPath } from 'nestjs-opa';
 *
 * isPolicyPath('orders/read'); // true
 * isPolicyPath('../orders'); // false
 * ```
 *
 * @remarks A path may contain request data, and must never leave `/v1/data/`. So everything that URL parsers rewrite is
 * rejected instead of escaped.
 */
export function isPolicyPath(path: unknown): path is string {
  if (typeof path !== 'string') return false;
  if (valid.get(path) === true) return true;
  const segments = path.split('/');
  if (!segments.every((segment) => segment !== '.' && segment !== '..' && SEGMENT.test(segment)))
    return false;
  valid.set(path, true);
  return true;
}

// Each decision checks its path. Most applications use a few fixed paths; the bound is for callers who build paths.
const valid = new LRUCache<string, true>({ max: 1_000 });

/**
 * Checks a policy path, and returns it.
 *
 * @param path - the path to check
 * @param where - the place of the path in the options, for the message
 * @throws OpaError `OPA_BAD_OPTIONS` when the value isn't a policy path
 */
export function assertPolicyPath(path: unknown, where: string): string {
  if (isPolicyPath(path)) return path;
  throw new OpaError(
    'OPA_BAD_OPTIONS',
    `${where}: ${typeof path === 'string' ? JSON.stringify(path) : `a value of type ${typeof path}`} is not a policy path. Give ${POLICY_PATH_RULE}.`,
  );
}

/**
 * Says what is probably wrong with a path at which no policy was found, as the end of a message. Empty when there is no
 * guess.
 */
export function policyPathHint(path: string): string {
  const isDotted = !path.includes('/') && path.includes('.');
  const segments = (isDotted ? path.split('.') : path.split('/')).filter((segment) => segment !== '');
  const isBelowData = segments[0] === 'data' && segments.length > 1;
  if (!isDotted && !isBelowData) return '';
  const intended = segments.slice(isBelowData ? 1 : 0).join('/');
  return ` A policy path is relative to "data", and its segments are separated by slashes: write "${intended}".`;
}

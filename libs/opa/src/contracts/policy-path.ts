import { OpaError } from './opa-error.js';

// Printable, and nothing that could end, leave or re-encode a path segment.
const SEGMENT = /^[^\s/%?#\\\p{Cc}\p{Cs}]+$/u;

/** What {@link assertPolicyPath} accepts, in words, for error messages. */
export const POLICY_PATH_RULE =
  'a path under data such as "orders/read": segments parted by single slashes, none of them "." or "..", ' +
  'without a leading or trailing slash, white space, "%", "?", "#" or "\\"';

/**
 * Tells whether a value is a policy path: `a/b/c` under `data`.
 *
 * @remarks A path that request data could shape must never leave `/v1/data/`, so everything that URL parsers
 * rewrite is refused rather than escaped.
 */
export function isPolicyPath(path: unknown): path is string {
  if (typeof path !== 'string') return false;
  if (known.has(path)) return true;
  const valid = path
    .split('/')
    .every((segment) => segment !== '.' && segment !== '..' && SEGMENT.test(segment));
  if (valid && known.size < MAX_KNOWN) known.add(path);
  return valid;
}

// Each decision checks its path. Policies are few and named in code; the bound is for callers who build paths.
const known = new Set<string>();
const MAX_KNOWN = 1_000;

/**
 * Gives a policy path back when it is one.
 *
 * @param path - the path to check
 * @param where - where it was given, for the message
 * @throws OpaError `OPA_BAD_OPTIONS` when it isn't one
 */
export function assertPolicyPath(path: unknown, where: string): string {
  if (isPolicyPath(path)) return path;
  throw new OpaError(
    'OPA_BAD_OPTIONS',
    `${where}: ${typeof path === 'string' ? JSON.stringify(path) : `a value of type ${typeof path}`} is not a policy path. Give ${POLICY_PATH_RULE}.`,
  );
}

/** What is probably wrong with a path at which no policy was found, as an end of a message; nothing where nobody can tell. */
export function policyPathHint(path: string): string {
  const isDotted = !path.includes('/') && path.includes('.');
  const segments = (isDotted ? path.split('.') : path.split('/')).filter((segment) => segment !== '');
  const isBelowData = segments[0] === 'data' && segments.length > 1;
  if (!isDotted && !isBelowData) return '';
  const meant = segments.slice(isBelowData ? 1 : 0).join('/');
  return ` A policy path is relative to "data", and its segments are parted by slashes: write "${meant}".`;
}

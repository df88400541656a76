import { OpaError } from 'nestjs-opa';
import { isObject } from '../protocol/parse.js';

/** The items of a list that the client may see: all, none, or the items with these names. */
export type VisibleItems = boolean | ReadonlySet<string>;

const PHASES = ['allow', 'conditional', 'deny'];

/**
 * Reads the result of a list policy. Accepted are:
 *
 * - a boolean, or an object with a boolean `allow` alone: for all items;
 * - a list of names: these items are visible;
 * - an object of name → `"allow"`, `"conditional"` (visible, and decided at the call) or `"deny"`;
 * - `{ allow: true, items }`, where `items` is one of the last two.
 *
 * An item that the result doesn't name is hidden, and an undefined result hides all.
 *
 * @param policy - the policy path, for the error
 * @throws OpaError `OPA_BAD_DECISION` for any other result
 */
export function parseVisibleItems(document: unknown, policy: string): VisibleItems {
  if (document === undefined) return false;
  if (typeof document === 'boolean') return document;
  if (isObject(document) && 'allow' in document && !PHASES.includes(document['allow'] as string)) {
    const { allow, items, ...others } = document;
    if (typeof allow === 'boolean' && Object.keys(others).length === 0) {
      if (items === undefined) return allow;
      if (allow) return parseNames(items, policy);
    }
    throw badListDecision(policy);
  }
  return parseNames(document, policy);
}

function parseNames(names: unknown, policy: string): ReadonlySet<string> {
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return new Set(names);
  if (isObject(names) && Object.values(names).every((phase) => PHASES.includes(phase as string))) {
    return new Set(Object.keys(names).filter((name) => names[name] !== 'deny'));
  }
  throw badListDecision(policy);
}

function badListDecision(policy: string): OpaError {
  return new OpaError(
    'OPA_BAD_DECISION',
    `The policy "${policy}" did not say which items are visible. Return a boolean, a list of names, or an object of ` +
      'name to "allow", "conditional" or "deny".',
  );
}

import { OpaError } from 'nestjs-opa';
import { isObject } from '../protocol/parse.js';

/** Which of a list's items are shown: all, none, or those with these names. */
export type Shown = boolean | ReadonlySet<string>;

const PHASES = ['allow', 'conditional', 'deny'];

/**
 * Reads the answer of a list policy: a boolean (or an object with a boolean `allow` alone) for all items, a list of the
 * names that are shown, or an object of name → `"allow"`, `"conditional"` (shown, decided at the call) or `"deny"`; the
 * latter two also as `{ allow: true, items: … }`. What isn't named isn't shown, and undefined shows nothing.
 *
 * @throws OpaError `OPA_BAD_DECISION` for another form
 */
export function shownBy(answer: unknown, policy: string): Shown {
  if (answer === undefined) return false;
  if (typeof answer === 'boolean') return answer;
  if (isObject(answer) && 'allow' in answer && !PHASES.includes(answer['allow'] as string)) {
    const { allow, items, ...others } = answer;
    if (typeof allow === 'boolean' && Object.keys(others).length === 0) {
      if (items === undefined) return allow;
      if (allow) return names(items, policy);
    }
    throw bad(policy);
  }
  return names(answer, policy);
}

function names(given: unknown, policy: string): ReadonlySet<string> {
  if (Array.isArray(given) && given.every((name) => typeof name === 'string')) return new Set(given);
  if (isObject(given) && Object.values(given).every((phase) => PHASES.includes(phase as string))) {
    return new Set(Object.keys(given).filter((name) => given[name] !== 'deny'));
  }
  throw bad(policy);
}

function bad(policy: string): OpaError {
  return new OpaError(
    'OPA_BAD_DECISION',
    `The policy "${policy}" did not say which items are shown. Give a boolean, a list of names, or an object of ` +
      'name to "allow", "conditional" or "deny".',
  );
}

import type { Decision, MaybePromise } from '../contracts/index.js';
import { isAllowed } from './is-allowed.js';

/** How the decisions of several policies become one: every policy must allow, or one of them. */
export type Combination = 'all' | 'any';

/** Policies, and how their decisions become one. */
export interface PolicyGroup {
  readonly policies: readonly string[];
  /** Default: `'all'`. */
  readonly combine?: Combination | undefined;
}

/** Decides by groups of policies. Each group must allow in its own way; see {@link combined}. */
export function combinedGroups(
  groups: readonly PolicyGroup[],
  decide: (policy: string) => MaybePromise<Decision>,
): MaybePromise<Decision> {
  return combined(groups, 'all', ({ policies, combine = 'all' }) => combined(policies, combine, decide));
}

/**
 * Decides by several policies or groups at the same time, and combines their decisions to one.
 *
 * @remarks
 * - `all`: the first denial counts, with the reasons and obligations of all denials. When all policies allow, the result
 *   has the obligations and headers of all. When two set the same header, the later policy wins.
 * - `any`: the first allow counts, unchanged. An allow that isn't `degraded` is preferred.
 * - A failed decision makes the combination fail, unless another decision is enough: a denial for `all`, an allow for
 *   `any`.
 * @throws what `decide` rejects with
 */
function combined<T>(
  subjects: readonly T[],
  combination: Combination,
  decide: (subject: T) => MaybePromise<Decision>,
): MaybePromise<Decision> {
  const [only] = subjects;
  return only !== undefined && subjects.length === 1
    ? decide(only)
    : combinedLater(subjects, combination, decide);
}

async function combinedLater<T>(
  subjects: readonly T[],
  combination: Combination,
  decide: (subject: T) => MaybePromise<Decision>,
): Promise<Decision> {
  const results = await Promise.allSettled(subjects.map(async (subject) => decide(subject)));
  const decisions = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const allows = decisions.filter(isAllowed);
  const denials = decisions.filter((decision) => !isAllowed(decision));
  const enough = combination === 'all' ? denials : allows;
  const failure = results.find((result) => result.status === 'rejected');
  if (enough.length === 0 && failure !== undefined) throw failure.reason;
  const allow = allows.find(({ degraded }) => degraded === undefined) ?? allows[0];
  if (combination === 'any' && allow !== undefined) return allow;
  const [denial] = denials;
  if (denial !== undefined) {
    return {
      ...denial,
      reasons: denials.flatMap(({ reasons }) => reasons),
      obligations: denials.flatMap(({ obligations }) => obligations),
    };
  }
  return together(allows);
}

/**
 * Combines several allows to one, with the obligations and headers of all. When two set the same header, the later wins.
 *
 * @remarks When mode `permissive` let a denial pass, the combined decision has no obligations and headers.
 */
export function together(allows: readonly Decision[]): Decision {
  const degraded = allows.find((decision) => decision.degraded !== undefined)?.degraded;
  // One decision that must stop a refusal is enough: the refusal of the others stops then too.
  const passes = allows.every(({ enforced }) => enforced === 'pass');
  const carriedOut = degraded === 'permissive' ? [] : allows;
  const merge = <T extends object>(of: (decision: Decision) => T | undefined): T | undefined => {
    const parts = carriedOut.map(of).filter((part) => part !== undefined);
    return parts.length === 0 ? undefined : (Object.assign({}, ...parts) as T);
  };
  const removeHeaders = carriedOut.flatMap((decision) => decision.removeHeaders ?? []);
  return {
    outcome: allows.find(({ outcome }) => outcome !== 'allow')?.outcome ?? 'allow',
    allowed: true,
    result: allows.map(({ result }) => result),
    reasons: allows.flatMap(({ reasons }) => reasons),
    obligations: carriedOut.flatMap(({ obligations }) => obligations),
    headers: merge(({ headers }) => headers),
    responseHeaders: merge(({ responseHeaders }) => responseHeaders),
    ...(removeHeaders.length > 0 && { removeHeaders }),
    policy: allows.map(({ policy }) => policy).join(' & '),
    engine: allows.map(({ engine }) => engine).find(Boolean) ?? '',
    cached: allows.every(({ cached }) => cached),
    ...(degraded !== undefined && { degraded }),
    ...(passes && { enforced: 'pass' }),
    durationMs: Math.max(...allows.map(({ durationMs }) => durationMs)),
  };
}

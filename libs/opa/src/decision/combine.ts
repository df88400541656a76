import type { Decision, MaybePromise } from '../contracts/index.js';

/** How the decisions of several policies become one: every policy must allow, or one of them. */
export type Combination = 'all' | 'any';

/** Policies, and how their decisions become one. */
export interface PolicyGroup {
  readonly policies: readonly string[];
  /** Default: `'all'`. */
  readonly combine?: Combination | undefined;
}

/** Asks groups of policies, each of which must allow in its own way; see {@link combined}. */
export function combinedGroups(
  groups: readonly PolicyGroup[],
  ask: (policy: string) => MaybePromise<Decision>,
): MaybePromise<Decision> {
  return combined(groups, 'all', ({ policies, combine = 'all' }) => combined(policies, combine, ask));
}

/**
 * Asks several policies, or groups of them, at once and makes one decision of what they say.
 *
 * @remarks `all`: the first denial counts, with the reasons and obligations of all denials; an allow carries the
 * obligations and headers of all, where the later policy's header wins. `any`: the first allow counts, whole, one that
 * is only let through (`degraded`) after the real ones. A policy that could not be asked decides nothing: the
 * combination fails unless the others are enough, a denial for `all`, an allow for `any`.
 * @throws what `ask` rejects with
 */
function combined<T>(
  questions: readonly T[],
  combination: Combination,
  ask: (question: T) => MaybePromise<Decision>,
): MaybePromise<Decision> {
  const [only] = questions;
  return only !== undefined && questions.length === 1 ? ask(only) : several(questions, combination, ask);
}

async function several<T>(
  questions: readonly T[],
  combination: Combination,
  ask: (question: T) => MaybePromise<Decision>,
): Promise<Decision> {
  const settled = await Promise.allSettled(questions.map(async (question) => ask(question)));
  const decisions = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const allows = decisions.filter(({ allowed }) => allowed);
  const denials = decisions.filter(({ allowed }) => !allowed);
  const enough = combination === 'all' ? denials : allows;
  const failed = settled.find((one) => one.status === 'rejected');
  if (enough.length === 0 && failed !== undefined) throw failed.reason;
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

/** One allow of several: the obligations and headers of all, where the later one's header wins. */
export function together(allows: readonly Decision[]): Decision {
  const merge = <T extends object>(of: (decision: Decision) => T | undefined): T | undefined => {
    const given = allows.map(of).filter((one) => one !== undefined);
    return given.length === 0 ? undefined : (Object.assign({}, ...given) as T);
  };
  const degraded = allows.find((decision) => decision.degraded !== undefined)?.degraded;
  const removeHeaders = allows.flatMap((decision) => decision.removeHeaders ?? []);
  return {
    outcome: allows.find(({ outcome }) => outcome !== 'allow')?.outcome ?? 'allow',
    allowed: true,
    result: allows.map(({ result }) => result),
    reasons: allows.flatMap(({ reasons }) => reasons),
    obligations: allows.flatMap(({ obligations }) => obligations),
    headers: merge(({ headers }) => headers),
    responseHeaders: merge(({ responseHeaders }) => responseHeaders),
    ...(removeHeaders.length > 0 && { removeHeaders }),
    policy: allows.map(({ policy }) => policy).join(' & '),
    engine: allows.map(({ engine }) => engine).find(Boolean) ?? '',
    cached: allows.every(({ cached }) => cached),
    ...(degraded !== undefined && { degraded }),
    durationMs: Math.max(...allows.map(({ durationMs }) => durationMs)),
  };
}

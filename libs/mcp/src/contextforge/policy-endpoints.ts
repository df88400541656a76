import type { Hook } from '../protocol/methods/index.js';
import { HOOKS } from './hooks.js';

/** The members of an entry's `extensions` that name its policies. */
export interface PolicyEndpoints {
  readonly policy: string;
  readonly policy_endpoints?: readonly string[] | null | undefined;
  readonly policy_endpoint?: string | null | undefined;
}

/** The rule of a hook for which the entry names none. */
const DEFAULT_RULE = 'allow';

/**
 * The policy path of a hook: the entry's package, and in it the first rule of `policy_endpoints` that contains the hook's
 * name, else `allow`. Without `policy_endpoints` the rule is `policy_endpoint`, else `allow`.
 */
export function policyPathOf(
  { policy, policy_endpoints, policy_endpoint }: PolicyEndpoints,
  hook: Hook,
): string {
  const listed = policy_endpoints ?? [];
  const single = listed.length > 0 ? undefined : policy_endpoint;
  return `${policy}/${listed.find((name) => name.includes(hook)) ?? single ?? DEFAULT_RULE}`;
}

/** The listed rules that contain no hook's name. They are accepted only in a list that holds `allow`. */
export function strayEndpoints(listed: readonly string[]): string[] {
  if (listed.includes(DEFAULT_RULE)) return [];
  return listed.filter((name) => !HOOKS.some((hook) => name.includes(hook)));
}

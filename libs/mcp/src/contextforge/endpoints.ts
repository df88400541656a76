import { HOOKS } from './hooks.js';
import type { Hook } from './hooks.js';

/** The keys of an entry's `extensions` that name what is asked. */
export interface Endpoints {
  readonly policy: string;
  readonly policy_endpoints?: readonly string[] | null | undefined;
  readonly policy_endpoint?: string | null | undefined;
}

/** The rule that is asked where none is named for a hook. */
const FALLBACK = 'allow';

/**
 * The policy path that a hook asks: of the package, the first listed rule that contains the hook's name, else `allow`;
 * without a list the one rule that is named, else `allow`.
 */
export function policyOf({ policy, policy_endpoints, policy_endpoint }: Endpoints, hook: Hook): string {
  const listed = policy_endpoints ?? [];
  const single = listed.length > 0 ? undefined : policy_endpoint;
  return `${policy}/${listed.find((name) => name.includes(hook)) ?? single ?? FALLBACK}`;
}

/** The listed rules that no hook would ever ask, where no `allow` is listed beside them. */
export function strayEndpoints(listed: readonly string[]): string[] {
  if (listed.includes(FALLBACK)) return [];
  return listed.filter((name) => !HOOKS.some((hook) => name.includes(hook)));
}

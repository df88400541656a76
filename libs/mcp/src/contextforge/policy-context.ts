import { isObject } from '../protocol/parse.js';

/** The member of `params._meta` in which a client sends context for policies. */
const CONTEXT_KEY = 'opa_policy_context';

/** The keys that an entry's `context` names: the last part of each path. */
export function contextKeys(paths: readonly string[]): readonly string[] {
  return paths.map((path) => path.slice(path.lastIndexOf('.') + 1));
}

/** The members with these keys of the policy context that the client has sent. Absent keys are left out. */
export function pickPolicyContext(
  params: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): Record<string, unknown> {
  const meta = params['_meta'];
  const context = isObject(meta) ? meta[CONTEXT_KEY] : undefined;
  if (!isObject(context)) return {};
  return Object.fromEntries(
    keys.filter((key) => Object.hasOwn(context, key)).map((key) => [key, context[key]]),
  );
}

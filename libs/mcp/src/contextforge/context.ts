import { isObject } from '../protocol/parse.js';

/** Where a request carries the context that its policies may see, under `params._meta`. */
const CONTEXT = 'opa_policy_context';

/** The keys that an entry's `context` names: the last part of each path. */
export function contextKeys(paths: readonly string[]): readonly string[] {
  return paths.map((path) => path.slice(path.lastIndexOf('.') + 1));
}

/** Those keys of a request's own policy context that are there. */
export function contextOf(
  params: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): Record<string, unknown> {
  const meta = params['_meta'];
  const given = isObject(meta) ? meta[CONTEXT] : undefined;
  if (!isObject(given)) return {};
  return Object.fromEntries(keys.filter((key) => Object.hasOwn(given, key)).map((key) => [key, given[key]]));
}

import type { Hook, HookTarget } from '../protocol/methods/index.js';
import type { PluginOpa } from './combined-decision.js';
import type { OpaPlugin, PluginEntry } from './plugin-file.js';
import { covers, parseResourceUri } from './resource-uri.js';

/** A plugin, and the service of the module instance that decides for it. */
export interface DecidingPlugin {
  readonly plugin: OpaPlugin;
  readonly opa: PluginOpa;
}

/** The entries of one plugin that match a resource, each with the policy path of the hook. */
export interface MatchingEntries {
  readonly opa: PluginOpa;
  readonly entries: readonly (readonly [entry: PluginEntry, policy: string])[];
}

/** The entries that match a resource and ask the hook, by plugin. A plugin without such an entry is left out. */
export function matchingEntries(
  plugins: readonly DecidingPlugin[],
  target: HookTarget,
  id: string,
  hook: Hook,
): readonly MatchingEntries[] {
  const uri = target === 'resource' ? parseResourceUri(id) : undefined;
  const matches = (entry: PluginEntry): boolean =>
    entry.uri === undefined ? entry.name === id : uri !== undefined && covers(entry.uri, uri);
  return plugins
    .map(({ plugin, opa }) => ({
      opa,
      entries: plugin.entries.flatMap((entry) => {
        const policy = entry.policies.get(hook);
        const asks = policy !== undefined && entry.target === target && matches(entry);
        return asks ? [[entry, policy] as const] : [];
      }),
    }))
    .filter(({ entries }) => entries.length > 0);
}

import type { FileEntry } from './entries.js';
import { entriesOf } from './entries.js';
import type { ParsedFile, PluginSettings } from './file.schema.js';
import { KIND } from './file.schema.js';
import { HOOKS, hooksOf } from './hooks.js';
import { MODALITIES } from './modalities.js';
import { enabledHooks } from './plugin-of.js';
import { contextKeys } from './policy-context.js';

const NO_EFFECT = 'has no effect here';

/** The warnings of a file beside those of its plugins: which keys and foreign plugins have no effect. */
export function fileWarnings({ plugins, plugin_dirs, plugin_settings }: ParsedFile): string[] {
  return [
    ...((plugin_dirs ?? []).length > 0 ? [`plugin_dirs ${NO_EFFECT}.`] : []),
    ...Object.keys(plugin_settings ?? {}).map((key) => `plugin_settings.${key} ${NO_EFFECT}.`),
    ...plugins
      .filter(({ kind }) => kind !== KIND)
      .map(({ name, kind }) => `plugin "${name}" ${NO_EFFECT}: its kind is "${kind}".`),
  ];
}

/** The warnings of a plugin: what in it is unsafe or has no effect. */
export function pluginWarnings(plugin: PluginSettings): string[] {
  const enabled = enabledHooks(plugin);
  const entries = entriesOf(plugin.applied_to);
  return [
    ...modeWarnings(plugin),
    ...(restricts(plugin) ? [`conditions ${NO_EFFECT}: the policies always apply`] : []),
    ...(['mcp', 'grpc', 'unix_socket'] as const)
      .filter((key) => plugin[key] !== undefined && plugin[key] !== null)
      .map((key) => `${key} ${NO_EFFECT}: the gateway queries OPA directly`),
    ...enabled.filter((hook) => !isHook(hook)).map((hook) => `hook "${hook}" ${NO_EFFECT}`),
    ...(entries.length === 0 ? ['applied_to lists nothing: every call passes without a decision'] : []),
    ...entries.flatMap((entry) =>
      entryWarnings(entry, enabled).map((warning) => `${entry.target} "${entry.name}": ${warning}`),
    ),
  ].map((warning) => `plugin "${plugin.name}": ${warning}.`);
}

function modeWarnings({ mode }: PluginSettings): string[] {
  if (mode === 'permissive') return ['mode "permissive" blocks nothing: denials are only reported'];
  if (mode === 'disabled') return ['mode "disabled" blocks nothing: no policy is evaluated'];
  return mode === 'sequential' || mode === 'transform' ? [`mode "${mode}" is taken as "enforce"`] : [];
}

function entryWarnings({ target, settings }: FileEntry, enabled: readonly string[]): string[] {
  const { extensions, context, fields, result } = settings;
  const hooks = hooksOf(target).filter((hook) => enabled.includes(hook));
  const endpoints = extensions.policy_endpoints ?? [];
  const unused = endpoints.filter((name) =>
    HOOKS.some((hook) => name.includes(hook) && !hooks.includes(hook)),
  );
  return [
    ...(hooks.length === 0
      ? [`the plugin's hooks name none for a ${target}: it is not decided. Add a ${target} hook`]
      : []),
    ...(fields === undefined || fields === null ? [] : [`fields ${NO_EFFECT}`]),
    ...(result === undefined || result === null ? [] : [`result ${NO_EFFECT}`]),
    ...(endpoints.length > 0 && typeof extensions.policy_endpoint === 'string'
      ? [`policy_endpoint ${NO_EFFECT} beside policy_endpoints`]
      : []),
    ...unused.map((name) => `policy_endpoints: "${name}" is for a hook that this entry does not use`),
    ...(extensions.policy.includes('.')
      ? [`policy "${extensions.policy}" has a dot. Write "/" between the parts of a package`]
      : []),
    ...((context ?? []).length > 0 ? ["context comes from the client's own request, unverified"] : []),
    ...dataMapWarnings(settings, hooks),
  ];
}

function dataMapWarnings({ extensions, context }: FileEntry['settings'], hooks: readonly string[]): string[] {
  const map = Object.entries(extensions.policy_input_data_map ?? {});
  if (map.length === 0) return [];
  const keys = map.map(([, key]) => key);
  const listed = contextKeys(context ?? []);
  const mapped = map.flatMap(([path]) => /^context\.([^.]+)/.exec(path)?.slice(1) ?? []);
  const content = new RegExp(`^payload(\\.(${MODALITIES.join('|')}))?$`);
  const decidesResults = hooks.some((hook) => hook.includes('_post_'));
  return [
    ...keys
      .filter((key, index) => keys.indexOf(key) !== index)
      .map((key) => `policy_input_data_map gives "${key}" twice: the last counts`),
    ...mapped
      .filter((key) => !listed.includes(key))
      .map((key) => `policy_input_data_map: "context.${key}" is always null. Add the key to context`),
    ...(decidesResults && !map.some(([path]) => content.test(path))
      ? ["policy_input_data_map: the policy doesn't see what results hold. Map payload"]
      : []),
  ];
}

// The original's example file has a condition whose lists are empty. Such a condition restricts nothing.
function restricts({ conditions }: PluginSettings): boolean {
  return (conditions ?? []).some((condition) =>
    Object.values(condition).some((list) => (list ?? []).length > 0),
  );
}

function isHook(name: string): boolean {
  return (HOOKS as readonly string[]).includes(name);
}

import type { NamedEntry } from './build.js';
import { askedHooks, entriesOf } from './build.js';
import { contextKeys } from './context.js';
import type { GivenFile, GivenPlugin } from './file.schema.js';
import { KIND } from './file.schema.js';
import { HOOKS, hooksOf } from './hooks.js';
import { MODALITIES } from './kinds.js';

const NO_EFFECT = 'has no effect here';

/** What in the file, plugins of the original's kind apart, has no effect. */
export function fileWarnings({ plugins, plugin_dirs, plugin_settings }: GivenFile): string[] {
  return [
    ...((plugin_dirs ?? []).length > 0 ? [`plugin_dirs ${NO_EFFECT}.`] : []),
    ...Object.keys(plugin_settings ?? {}).map((key) => `plugin_settings.${key} ${NO_EFFECT}.`),
    ...plugins
      .filter(({ kind }) => kind !== KIND)
      .map(({ name, kind }) => `plugin "${name}" ${NO_EFFECT}: its kind is "${kind}".`),
  ];
}

/** What in a plugin is unsafe or has no effect. */
export function pluginWarnings(plugin: GivenPlugin): string[] {
  const asked = askedHooks(plugin);
  const entries = entriesOf(plugin.applied_to);
  return [
    ...modeWarnings(plugin),
    ...(restricts(plugin) ? [`conditions ${NO_EFFECT}: the policies are applied whatever they say`] : []),
    ...(['mcp', 'grpc', 'unix_socket'] as const)
      .filter((key) => plugin[key] !== undefined && plugin[key] !== null)
      .map((key) => `${key} ${NO_EFFECT}: OPA is asked directly`),
    ...asked.filter((hook) => !isHook(hook)).map((hook) => `hook "${hook}" ${NO_EFFECT}`),
    ...(entries.length === 0 ? ['applied_to lists nothing: every call passes without a question'] : []),
    ...entries.flatMap((entry) =>
      entryWarnings(entry, asked).map((what) => `${entry.target} "${entry.name}": ${what}`),
    ),
  ].map((what) => `plugin "${plugin.name}": ${what}.`);
}

function modeWarnings({ mode }: GivenPlugin): string[] {
  if (mode === 'permissive') return ['mode "permissive" blocks nothing: denials are reported alone'];
  if (mode === 'disabled') return ['mode "disabled" blocks nothing: no policy is asked'];
  return mode === 'sequential' || mode === 'transform' ? [`mode "${mode}" is taken as "enforce"`] : [];
}

function entryWarnings({ target, given }: NamedEntry, asked: readonly string[]): string[] {
  const { extensions, context, fields, result } = given;
  const hooks = hooksOf(target).filter((hook) => asked.includes(hook));
  const listed = extensions.policy_endpoints ?? [];
  const stray = listed.filter((name) => HOOKS.some((hook) => name.includes(hook) && !hooks.includes(hook)));
  return [
    ...(hooks.length === 0 ? [`the plugin's hooks name none for a ${target}: it is not decided`] : []),
    ...(fields === undefined || fields === null ? [] : [`fields ${NO_EFFECT}`]),
    ...(result === undefined || result === null ? [] : [`result ${NO_EFFECT}`]),
    ...(listed.length > 0 && typeof extensions.policy_endpoint === 'string'
      ? [`policy_endpoint ${NO_EFFECT} beside policy_endpoints`]
      : []),
    ...stray.map((name) => `policy_endpoints: "${name}" is for a hook that isn't asked`),
    ...(extensions.policy.includes('.')
      ? [`policy "${extensions.policy}" has a dot: OPA's path has "/" between the parts of a package`]
      : []),
    ...((context ?? []).length > 0 ? ["context comes from the client's own request, unverified"] : []),
    ...mapWarnings(given, hooks),
  ];
}

function mapWarnings({ extensions, context }: NamedEntry['given'], hooks: readonly string[]): string[] {
  const map = Object.entries(extensions.policy_input_data_map ?? {});
  if (map.length === 0) return [];
  const keys = map.map(([, key]) => key);
  const known = contextKeys(context ?? []);
  const absent = map.flatMap(([path]) => /^context\.([^.]+)/.exec(path)?.slice(1) ?? []);
  const content = new RegExp(`^payload(\\.(${MODALITIES.join('|')}))?$`);
  const decidesResults = hooks.some((hook) => hook.includes('_post_'));
  return [
    ...keys
      .filter((key, index) => keys.indexOf(key) !== index)
      .map((key) => `policy_input_data_map gives "${key}" twice: the last counts`),
    ...absent
      .filter((key) => !known.includes(key))
      .map((key) => `policy_input_data_map: "context.${key}" is always null, context doesn't list it`),
    ...(decidesResults && !map.some(([path]) => content.test(path))
      ? ["policy_input_data_map: the policy doesn't see what results hold"]
      : []),
  ];
}

// The original's own example has a condition of empty lists, which holds for all.
function restricts({ conditions }: GivenPlugin): boolean {
  return (conditions ?? []).some((condition) =>
    Object.values(condition).some((list) => (list ?? []).length > 0),
  );
}

function isHook(name: string): boolean {
  return (HOOKS as readonly string[]).includes(name);
}

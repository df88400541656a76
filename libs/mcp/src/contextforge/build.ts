import type { AppliedTo, GivenEntry } from './applied-to.schema.js';
import type { PluginConfig } from './config.schema.js';
import { contextKeys } from './context.js';
import { policyOf } from './endpoints.js';
import type { GivenPlugin } from './file.schema.js';
import { HOOKS, hooksOf } from './hooks.js';
import type { Target } from './hooks.js';
import type { OpaPlugin, PluginEntry, PluginOpaOptions } from './plugin-file.js';
import { parseResourceUri } from './resource-uri.js';

/** What an entry is, and what it is called. */
export interface NamedEntry {
  readonly target: Target;
  readonly name: string;
  readonly given: GivenEntry;
}

/** All entries of an `applied_to`. */
export function entriesOf(appliedTo: AppliedTo | null | undefined): readonly NamedEntry[] {
  const { tools, prompts, resources } = appliedTo ?? {};
  const named = (target: Target) => (name: string, given: GivenEntry) => ({ target, name, given });
  return [
    ...(tools ?? []).map((given) => named('tool')(given.tool_name, given)),
    ...(prompts ?? []).map((given) => named('prompt')(given.prompt_name, given)),
    ...(resources ?? []).map((given) => named('resource')(given.resource_uri, given)),
  ];
}

/** The hooks that a plugin asks; one that doesn't say asks all. */
export function askedHooks({ hooks }: GivenPlugin): readonly string[] {
  return hooks ?? HOOKS;
}

/** Makes a plugin of what its file says. */
export function pluginOf(given: GivenPlugin): OpaPlugin {
  const asked = askedHooks(given);
  return {
    name: given.name,
    entries: entriesOf(given.applied_to).map((entry) => entryOf(entry, asked)),
    options: {
      ...optionsOf(given.config ?? {}),
      ...((given.mode === 'permissive' || given.mode === 'disabled') && { mode: given.mode }),
    },
  };
}

function entryOf({ target, name, given }: NamedEntry, asked: readonly string[]): PluginEntry {
  const { extensions, context } = given;
  const hooks = hooksOf(target).filter((hook) => asked.includes(hook));
  const uri = target === 'resource' ? parseResourceUri(name) : undefined;
  const dataMap = extensions.policy_input_data_map ?? {};
  return {
    target,
    name,
    ...(uri !== undefined && { uri }),
    policies: new Map(hooks.map((hook) => [hook, policyOf(extensions, hook)])),
    contextKeys: contextKeys(context ?? []),
    ...(Object.keys(dataMap).length > 0 && { dataMap }),
    modalities: new Set(extensions.policy_modality ?? ['text']),
  };
}

function optionsOf(config: PluginConfig): PluginOpaOptions {
  const tries = config.opa_client_retries;
  const pool = given({
    maxSockets: config.opa_client_max_connections,
    maxFreeSockets: config.opa_client_max_keepalive,
    freeSocketTimeout: config.opa_client_keepalive_expiry,
  });
  return {
    ...given({ url: config.opa_base_url, timeout: config.opa_client_timeout }),
    ...(typeof tries === 'number' && { retry: { retries: tries - 1 } }),
    ...(Object.keys(pool).length > 0 && { pool }),
  };
}

type Given<T> = { [K in keyof T]?: NonNullable<T[K]> };

function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null),
  ) as Given<T>;
}

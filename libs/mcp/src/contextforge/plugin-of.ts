import type { PluginConfig } from './config.schema.js';
import { entriesOf } from './entries.js';
import type { FileEntry } from './entries.js';
import type { PluginSettings } from './file.schema.js';
import { HOOKS, hooksOf } from './hooks.js';
import type { OpaPlugin, PluginEntry, PluginOpaOptions } from './plugin-file.js';
import { contextKeys } from './policy-context.js';
import { policyPathOf } from './policy-endpoints.js';
import { parseResourceUri } from './resource-uri.js';

/** The hooks that a plugin asks. A plugin without `hooks` asks all. */
export function enabledHooks({ hooks }: PluginSettings): readonly string[] {
  return hooks ?? HOOKS;
}

/** Converts a plugin from the form of its file. */
export function pluginOf(settings: PluginSettings): OpaPlugin {
  const { name, mode, applied_to, config } = settings;
  const enabled = enabledHooks(settings);
  return {
    name,
    entries: entriesOf(applied_to).map((entry) => entryOf(entry, enabled)),
    options: {
      ...optionsOf(config ?? {}),
      ...((mode === 'permissive' || mode === 'disabled') && { mode }),
    },
  };
}

function entryOf({ target, name, settings }: FileEntry, enabled: readonly string[]): PluginEntry {
  const { extensions, context } = settings;
  const hooks = hooksOf(target).filter((hook) => enabled.includes(hook));
  const uri = target === 'resource' ? parseResourceUri(name) : undefined;
  const dataMap = extensions.policy_input_data_map ?? {};
  return {
    target,
    name,
    ...(uri !== undefined && { uri }),
    policies: new Map(hooks.map((hook) => [hook, policyPathOf(extensions, hook)])),
    contextKeys: contextKeys(context ?? []),
    ...(Object.keys(dataMap).length > 0 && { dataMap }),
    modalities: new Set(extensions.policy_modality ?? ['text']),
  };
}

function optionsOf(config: PluginConfig): PluginOpaOptions {
  const tries = config.opa_client_retries;
  const pool = withoutNullish({
    maxSockets: config.opa_client_max_connections,
    maxFreeSockets: config.opa_client_max_keepalive,
    freeSocketTimeout: config.opa_client_keepalive_expiry,
  });
  return {
    ...withoutNullish({ url: config.opa_base_url, timeout: config.opa_client_timeout }),
    ...(typeof tries === 'number' && { retry: { retries: tries - 1 } }),
    ...(Object.keys(pool).length > 0 && { pool }),
  };
}

type WithoutNullish<T> = { [K in keyof T]?: NonNullable<T[K]> };

function withoutNullish<T extends object>(values: T): WithoutNullish<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null),
  ) as WithoutNullish<T>;
}

import type { OpaModuleOptions } from 'nestjs-opa';
import { loadPlugin } from './load.js';
import { pluginModuleOptions } from './module-options.js';
import type { OpaPlugin } from './plugin-file.js';
import type { McpServerEntry } from '../options/server.schema.js';

/** One plugin of an entry's file, and the module instance that decides for it. */
export interface EntryPlugin {
  readonly plugin: OpaPlugin;
  /** The instance's name; `undefined` for the gateway's own, where the file adds nothing to its options. */
  readonly instance: string | undefined;
  readonly options: OpaModuleOptions;
}

/** The plugins of every entry that has a file of them. */
export interface Plugins {
  /** By the entry's name. */
  readonly entries: ReadonlyMap<string, readonly EntryPlugin[]>;
  /** What in the files is unsafe or has no effect, a line each. */
  readonly warnings: readonly string[];
}

/**
 * Reads the plugin files of all entries; each counts for its entry alone.
 *
 * @throws OpaError `OPA_BAD_OPTIONS`, one line that names the file, the key and what is wrong with it
 */
export async function loadPlugins(
  mcp: readonly Pick<McpServerEntry, 'name' | 'plugin'>[],
  opa: OpaModuleOptions,
): Promise<Plugins> {
  const entries = new Map<string, readonly EntryPlugin[]>();
  const warnings: string[] = [];
  for (const { name, plugin: path } of mcp) {
    if (path === undefined) continue;
    const file = await loadPlugin(path);
    const parts = file.plugins.map((plugin) => ({ plugin, ...pluginModuleOptions(opa, plugin) }));
    const problems = [...file.warnings, ...parts.flatMap((part) => part.warnings)];
    warnings.push(...problems.map((warning) => `mcp ${name}: ${path}: ${warning}`));
    entries.set(
      name,
      parts.map(({ plugin, options }, index) => {
        const instance = options === opa ? undefined : `${name}/${index}/${plugin.name}`;
        return { plugin, instance, options };
      }),
    );
  }
  return { entries, warnings };
}

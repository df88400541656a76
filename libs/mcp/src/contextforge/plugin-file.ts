import type { OpaPoolOptions, OpaRetryOptions } from 'nestjs-opa';
import type { Hook, HookTarget } from '../protocol/methods/index.js';
import type { DataMap } from './data-map.js';
import type { Modality } from './modalities.js';
import type { ResourceUri } from './resource-uri.js';

/** The options of `OpaModule` that a plugin's file can set. An option that the file doesn't set is absent. */
export interface PluginOpaOptions {
  readonly url?: string;
  /** In milliseconds. */
  readonly timeout?: number;
  readonly mode?: 'permissive' | 'disabled';
  readonly retry?: Readonly<OpaRetryOptions>;
  readonly pool?: Readonly<OpaPoolOptions>;
}

/** What a policy decides: a tool, a prompt, or a resource with everything below its URI. */
export interface PluginEntry {
  readonly target: HookTarget;
  /** The name, or the URI as the file has it. */
  readonly name: string;
  /** A resource's URI, normalized for comparison. */
  readonly uri?: ResourceUri;
  /** The policy path of each hook that the entry asks. */
  readonly policies: ReadonlyMap<Hook, string>;
  /** The keys of the client's policy context that the policy sees. */
  readonly contextKeys: readonly string[];
  readonly dataMap?: DataMap;
  readonly modalities: ReadonlySet<Modality>;
}

/** One plugin of the kind `opapluginfilter.plugin.OPAPluginFilter`. */
export interface OpaPlugin {
  readonly name: string;
  readonly entries: readonly PluginEntry[];
  /** The options of the module instance that decides for the plugin; see {@link pluginModuleOptions}. */
  readonly options: PluginOpaOptions;
}

/** The checked content of the original plugin's file. */
export interface PluginFile {
  /** Every plugin decides, each with a module instance of its own. */
  readonly plugins: readonly OpaPlugin[];
  /** What in the file is unsafe or has no effect: one line each, for the log. */
  readonly warnings: readonly string[];
}

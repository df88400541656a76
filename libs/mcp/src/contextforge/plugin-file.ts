import type { OpaRetryOptions } from 'nestjs-opa';
import type { OpaPoolOptions } from 'nestjs-opa';
import type { DataMap } from './data-map.js';
import type { Hook, Target } from './hooks.js';
import type { Modality } from './kinds.js';
import type { ResourceUri } from './resource-uri.js';

/** The module's options that a plugin's file can give; what it leaves out isn't there. */
export interface PluginOpaOptions {
  readonly url?: string;
  readonly timeout?: number;
  readonly mode?: 'permissive' | 'disabled';
  readonly retry?: Readonly<OpaRetryOptions>;
  readonly pool?: Readonly<OpaPoolOptions>;
}

/** What a policy is applied to: a tool, a prompt or a resource with what lies below it. */
export interface PluginEntry {
  readonly target: Target;
  /** The name, or the URI as it was given. */
  readonly name: string;
  /** A resource's URI for comparison. */
  readonly uri?: ResourceUri;
  /** The policy path of each hook that is asked. */
  readonly policies: ReadonlyMap<Hook, string>;
  /** The keys of the request's own policy context that the policy sees. */
  readonly contextKeys: readonly string[];
  readonly dataMap?: DataMap;
  readonly modalities: ReadonlySet<Modality>;
}

/** One plugin of the original's kind. */
export interface OpaPlugin {
  readonly name: string;
  readonly entries: readonly PluginEntry[];
  /** What its file says of the module that decides for it, see {@link pluginModuleOptions}. */
  readonly options: PluginOpaOptions;
}

/** The original plugin's file, checked. */
export interface PluginFile {
  /** Each decides, with a module instance of its own. */
  readonly plugins: readonly OpaPlugin[];
  /** What in the file is unsafe or has no effect, a line each, for the log. */
  readonly warnings: readonly string[];
}

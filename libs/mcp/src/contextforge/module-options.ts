import type { OpaPoolOptions } from 'nestjs-opa';
import type { OpaPlugin, PluginOpaOptions } from './plugin-file.js';

/** What is read of the gateway's own options; the module checks them itself. */
interface GivenOptions {
  readonly url?: unknown;
  readonly bundle?: unknown;
  readonly engine?: unknown;
  readonly mode?: unknown;
  readonly timeout?: unknown;
  readonly retry?: unknown;
  readonly pool?: unknown;
}

/** The options of the module instance that decides for a plugin, and what of its file they leave without effect. */
export interface PluginModuleOptions<T> {
  /** The very object that was given when the file adds nothing to it. */
  readonly options: T & PluginOpaOptions;
  readonly warnings: readonly string[];
}

/**
 * Fills in what a plugin's file gives and the gateway's own options leave out, option by option, in `pool` and `retry`
 * too. An engine that they name in another way (`bundle`, `engine`) is kept: `opa_base_url` has no effect then.
 */
export function pluginModuleOptions<T extends object>(opa: T, plugin: OpaPlugin): PluginModuleOptions<T> {
  const own: GivenOptions = opa;
  const { url, retry, timeout, mode } = plugin.options;
  const hasEngine = [own.url, own.bundle, own.engine].some((given) => given !== undefined);
  const merged = {
    ...(url !== undefined && !hasEngine && { url }),
    ...(timeout !== undefined && own.timeout === undefined && { timeout }),
    ...(mode !== undefined && own.mode === undefined && { mode }),
    ...(retry !== undefined && isOpen(own.retry) && { retry: { ...retry, ...own.retry } }),
    ...(isOpen(own.pool) && poolOf(plugin.options, own)),
  };
  const warnings = [
    ...(url !== undefined && hasEngine
      ? ["opa_base_url: the gateway's own options say which OPA is asked"]
      : []),
    ...(mode !== undefined && own.mode !== undefined && own.mode !== mode
      ? [`mode "${mode}": the gateway's own option "mode" counts`]
      : []),
  ].map((what) => `plugin "${plugin.name}": ${what}.`);
  return { options: Object.keys(merged).length === 0 ? opa : { ...opa, ...merged }, warnings };
}

// Whatever else was given, `false` too, is for the module to judge.
function isOpen(given: unknown): given is object | undefined {
  return given === undefined || (typeof given === 'object' && given !== null);
}

// What the gateway and the file give may each be right, and not fit together: then the smaller limit counts.
function poolOf({ pool, timeout }: PluginOpaOptions, given: GivenOptions): Pick<PluginOpaOptions, 'pool'> {
  const own: OpaPoolOptions = given.pool ?? {};
  const merged = { ...pool, ...own };
  const { maxSockets = 100, maxFreeSockets, connectTimeout } = merged;
  const isMixed = pool?.maxSockets === maxSockets || pool?.maxFreeSockets === maxFreeSockets;
  const fitted = {
    ...merged,
    ...(isMixed && maxFreeSockets !== undefined && { maxFreeSockets: Math.min(maxFreeSockets, maxSockets) }),
    ...(timeout !== undefined &&
      given.timeout === undefined &&
      connectTimeout !== undefined && { connectTimeout: Math.min(connectTimeout, timeout) }),
  };
  const isSame = pool === undefined && fitted.connectTimeout === own.connectTimeout;
  return isSame ? {} : { pool: fitted };
}

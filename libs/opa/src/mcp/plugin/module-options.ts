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
  const { url, pool, retry, timeout, mode } = plugin.options;
  const hasEngine = [own.url, own.bundle, own.engine].some((given) => given !== undefined);
  const merged = {
    ...(url !== undefined && !hasEngine && { url }),
    ...(timeout !== undefined && own.timeout === undefined && { timeout }),
    ...(mode !== undefined && own.mode === undefined && { mode }),
    ...(retry !== undefined && isOpen(own.retry) && { retry: { ...retry, ...own.retry } }),
    ...(pool !== undefined && isOpen(own.pool) && { pool: clamped({ ...pool, ...own.pool }, own.pool) }),
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

// More free sockets than sockets are no mistake in the file, but one in the module's options.
function clamped<P extends { maxSockets?: number; maxFreeSockets?: number }>(
  pool: P,
  own: object | undefined,
): P {
  const { maxSockets = 100, maxFreeSockets } = pool;
  if (maxFreeSockets === undefined || (own !== undefined && 'maxFreeSockets' in own)) return pool;
  return { ...pool, maxFreeSockets: Math.min(maxFreeSockets, maxSockets) };
}

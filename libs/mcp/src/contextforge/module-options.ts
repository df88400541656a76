import type { OpaPoolOptions } from 'nestjs-opa';
import type { OpaPlugin, PluginOpaOptions } from './plugin-file.js';

/** The gateway's options that a plugin's file can set too. The module checks their values. */
interface GatewayOptions {
  readonly url?: unknown;
  readonly bundle?: unknown;
  readonly engine?: unknown;
  readonly mode?: unknown;
  readonly timeout?: unknown;
  readonly retry?: unknown;
  readonly pool?: unknown;
}

/** The options of the module instance that decides for a plugin. */
export interface PluginModuleOptions<T> {
  /** The gateway's own options object when the file adds nothing. */
  readonly options: T & PluginOpaOptions;
  /** The settings of the file that have no effect, because the gateway's options win: one line each. */
  readonly warnings: readonly string[];
}

/**
 * Adds the options of a plugin's file to the gateway's. An option that the gateway sets wins, and so does each member of
 * its `pool` and `retry`. `opa_base_url` has no effect beside the gateway's `url`, `bundle` or `engine`.
 */
export function pluginModuleOptions<T extends object>(opa: T, plugin: OpaPlugin): PluginModuleOptions<T> {
  const gateway: GatewayOptions = opa;
  const { url, retry, timeout, mode } = plugin.options;
  const hasEngine = [gateway.url, gateway.bundle, gateway.engine].some((option) => option !== undefined);
  const added = {
    ...(url !== undefined && !hasEngine && { url }),
    ...(timeout !== undefined && gateway.timeout === undefined && { timeout }),
    ...(mode !== undefined && gateway.mode === undefined && { mode }),
    ...(retry !== undefined && canExtend(gateway.retry) && { retry: { ...retry, ...gateway.retry } }),
    ...(canExtend(gateway.pool) && poolOf(plugin.options, gateway)),
  };
  const warnings = [
    ...(url !== undefined && hasEngine
      ? ["opa_base_url has no effect: the gateway's own options select the OPA"]
      : []),
    ...(mode !== undefined && gateway.mode !== undefined && gateway.mode !== mode
      ? [`mode "${mode}" has no effect: the gateway's own option "mode" is ${JSON.stringify(gateway.mode)}`]
      : []),
  ].map((warning) => `plugin "${plugin.name}": ${warning}.`);
  return { options: Object.keys(added).length === 0 ? opa : { ...opa, ...added }, warnings };
}

// The file can extend an object. Any other value, such as `false`, stays for the module to check.
function canExtend(option: unknown): option is object | undefined {
  return option === undefined || (typeof option === 'object' && option !== null);
}

// Two limits can each be valid, and contradict each other when one is the file's: then the smaller limit counts.
function poolOf(
  { pool, timeout }: PluginOpaOptions,
  gateway: GatewayOptions,
): Pick<PluginOpaOptions, 'pool'> {
  const gatewayPool: OpaPoolOptions = gateway.pool ?? {};
  const merged = { ...pool, ...gatewayPool };
  const { maxSockets = 100, maxFreeSockets, connectTimeout } = merged;
  const hasFileLimit = pool?.maxSockets === maxSockets || pool?.maxFreeSockets === maxFreeSockets;
  const fitted = {
    ...merged,
    ...(hasFileLimit &&
      maxFreeSockets !== undefined && { maxFreeSockets: Math.min(maxFreeSockets, maxSockets) }),
    ...(timeout !== undefined &&
      gateway.timeout === undefined &&
      connectTimeout !== undefined && { connectTimeout: Math.min(connectTimeout, timeout) }),
  };
  const isUnchanged = pool === undefined && fitted.connectTimeout === gatewayPool.connectTimeout;
  return isUnchanged ? {} : { pool: fitted };
}

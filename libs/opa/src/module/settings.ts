import type { PoolSettings } from '../transport/index.js';
import { poolSettings } from '../transport/index.js';
import type { OpaModuleOptions } from './options.js';
import { checkOptions } from './options.schema.js';

/** The module's options, checked, with the defaults that more than one place needs. */
export interface OpaSettings extends Omit<OpaModuleOptions, 'pool'> {
  readonly timeout: number;
  readonly pool: PoolSettings;
  readonly mode: NonNullable<OpaModuleOptions['mode']>;
  readonly onUnavailable: NonNullable<OpaModuleOptions['onUnavailable']>;
  readonly unguarded: NonNullable<OpaModuleOptions['unguarded']>;
  readonly policyHeaders: readonly string[];
  readonly shutdownTimeout: number;
}

/**
 * Checks the options and fills in defaults; the given object stays as it is.
 *
 * @throws OpaError `OPA_BAD_OPTIONS`
 */
export function settingsOf(options: OpaModuleOptions): OpaSettings {
  checkOptions(options);
  const timeout = options.timeout ?? 1_000;
  const both = options.url !== undefined && options.bundle !== undefined;
  return {
    ...options,
    timeout,
    pool: poolSettings(options.pool ?? {}, timeout),
    mode: options.mode ?? 'enforce',
    onUnavailable: options.onUnavailable ?? (both ? 'bundle' : 'deny'),
    unguarded: options.unguarded ?? 'deny',
    policyHeaders: options.policyHeaders ?? [],
    shutdownTimeout: options.shutdownTimeout ?? 5_000,
  };
}

/** Names the options that were set and whose behaviour isn't there yet. */
export function optionsWithoutEffect(options: OpaModuleOptions): string[] {
  const given: Record<string, boolean> = {
    retry: options.retry !== undefined && options.retry !== false,
    circuitBreaker: options.circuitBreaker !== undefined && options.circuitBreaker !== false,
    cache: options.cache !== undefined && options.cache !== false,
    coalesce: options.coalesce === true,
    'url (a list: the first alone is asked)': Array.isArray(options.url) && options.url.length > 1,
    "onUnavailable: 'stale' (denies)": options.onUnavailable === 'stale',
    'tls (files are read once)': options.tls !== undefined,
    audit: options.audit === true,
  };
  return Object.keys(given).filter((name) => given[name]);
}

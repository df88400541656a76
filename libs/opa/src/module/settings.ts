import type { InputLimits } from '../decision/index.js';
import { INPUT_LIMITS } from '../decision/index.js';
import type { CircuitBreakerSettings, RetrySettings } from '../resilience/index.js';
import { circuitBreakerSettings, retrySettings } from '../resilience/index.js';
import type { PoolSettings } from '../transport/index.js';
import { poolSettings } from '../transport/index.js';
import { DEFAULT_URL } from './engine-options.js';
import type { OpaModuleOptions } from './options.js';
import { checkOptions } from './options.schema.js';

/** The module's options after the check, with the defaults that several parts of the module need. */
export interface OpaSettings extends Omit<OpaModuleOptions, 'pool' | 'url' | 'retry' | 'circuitBreaker'> {
  /** The addresses of the OPA servers. Empty when the module uses only a bundle or the application's engine. */
  readonly urls: readonly string[];
  readonly retry: RetrySettings | undefined;
  readonly circuitBreaker: CircuitBreakerSettings | undefined;
  readonly timeout: number;
  readonly inputLimits: InputLimits;
  readonly pool: PoolSettings;
  readonly mode: NonNullable<OpaModuleOptions['mode']>;
  readonly onUnavailable: NonNullable<OpaModuleOptions['onUnavailable']>;
  readonly unguarded: NonNullable<OpaModuleOptions['unguarded']>;
  readonly policyHeaders: readonly string[];
  readonly shutdownTimeout: number;
}

/**
 * Checks the options and fills in defaults. The function does not change the object.
 *
 * @throws OpaError `OPA_BAD_OPTIONS`
 */
export function settingsOf(input: OpaModuleOptions): OpaSettings {
  const options = checkOptions(input);
  const timeout = options.timeout ?? 1_000;
  const { url, bundle, engine, retry, circuitBreaker } = options;
  const local = engine !== undefined || (bundle !== undefined && url === undefined);
  // Retries and the circuit breaker are on by default for a remote OPA only. An application may turn both on for its
  // engine. The embedded engine needs neither.
  const implied = local ? false : {};
  return {
    ...options,
    urls: local ? [] : [url ?? DEFAULT_URL].flat(),
    retry: enabled(retry ?? implied, retrySettings),
    circuitBreaker: enabled(circuitBreaker ?? implied, circuitBreakerSettings),
    timeout,
    inputLimits: {
      request: options.input?.maxBytes ?? INPUT_LIMITS.request,
      response: options.input?.maxResponseBytes ?? INPUT_LIMITS.response,
    },
    pool: poolSettings(options.pool ?? {}, timeout),
    mode: options.mode ?? 'enforce',
    onUnavailable: options.onUnavailable ?? (bundle !== undefined && url !== undefined ? 'bundle' : 'deny'),
    unguarded: options.unguarded ?? 'deny',
    policyHeaders: options.policyHeaders ?? [],
    shutdownTimeout: options.shutdownTimeout ?? 5_000,
  };
}

function enabled<O extends object, S>(options: false | O, settings: (options: O) => S): S | undefined {
  return options === false ? undefined : settings(options);
}

/** Describes combinations of options that have no effect, or that refuse requests. Each text becomes a warning. */
export function withoutEffect(settings: OpaSettings): string[] {
  const { onUnavailable, cache, tls, urls, input, inputLimits } = settings;
  const body = typeof input?.body === 'object' ? input.body.maxBytes : 0;
  const hasNoStaleTtl = typeof cache !== 'object' || (cache.staleTtl ?? 0) === 0;
  return [
    ...(tls !== undefined && !urls.some((url) => /^https:/i.test(url))
      ? ['"tls" was given, but no "url" is https://: nothing is encrypted']
      : []),
    ...(onUnavailable === 'stale' && hasNoStaleTtl
      ? ['"onUnavailable" is "stale" without "cache.staleTtl": there is never a stale decision to use']
      : []),
    ...(body > inputLimits.request
      ? [
          `"input.body.maxBytes" (${body}) is above "input.maxBytes" (${inputLimits.request}): ` +
            'requests with a body between the two sizes are refused',
        ]
      : []),
  ];
}

import type { GenericSchema } from 'valibot';
import { array, boolean, custom, function as callable, minLength, optional } from 'valibot';
import { pipe, safeParse, symbol, union, unknown } from 'valibot';
import { tokenSchema } from '../client/index.js';
import {
  count,
  isPolicyPath,
  milliseconds,
  oneOf,
  OpaError,
  orFalse,
  POLICY_PATH_RULE,
  section,
  text,
} from '../contracts/index.js';
import { inputSchema } from '../input/index.js';
import { cacheSchema, circuitBreakerSchema, retrySchema } from '../resilience/index.js';
import { parseOrigin, poolSchema } from '../transport/index.js';
import { engineProblems } from './engine-options.js';
import { describeProblem, problemsIn } from './option-problems.js';
import type { OpaModuleOptions } from './options.js';

const PEM = 'PEM text, a file path or a Buffer';
const pem = union([text(PEM), custom((value) => Buffer.isBuffer(value), PEM)], PEM);

const ADDRESS = 'an address: http://, https:// or unix:///path, without a user, a query or a fragment';
const ADDRESSES = `${ADDRESS}; or a list of them`;
const url = custom((value) => typeof value === 'string' && isAddress(value), ADDRESS);
const urls = pipe(array(url, ADDRESSES), minLength(1, 'at least one address'));

function isAddress(value: string): boolean {
  try {
    parseOrigin(value);
    return true;
  } catch {
    return false;
  }
}

const HEADER = /^[\w!#$%&'+.^`|~-]+\*?$/;
const header = custom(
  (value) => typeof value === 'string' && HEADER.test(value),
  'a header name, which may end in *',
);

const METADATA_KEY = 'a metadata key';
const metadataKey = union([text(METADATA_KEY), symbol()], METADATA_KEY);

const guards = array(callable('the class of a guard'), 'a list of guard classes');

const flag = boolean('true or false');

const isEngine = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'evaluate' in value && typeof value.evaluate === 'function';

const schema = section({
  url: optional(union([url, urls], ADDRESSES)),
  bundle: optional(text('the path or http(s) URL of a bundle')),
  engine: optional(custom(isEngine, 'a PolicyEngine')),
  policy: optional(custom(isPolicyPath, POLICY_PATH_RULE)),
  token: optional(tokenSchema),
  tls: optional(
    section({
      ca: optional(pem),
      cert: optional(pem),
      key: optional(pem),
      servername: optional(text('a host name')),
    }),
  ),
  timeout: optional(milliseconds(1)),
  pool: optional(poolSchema),
  retry: optional(orFalse(retrySchema, 'an object of options')),
  circuitBreaker: optional(orFalse(circuitBreakerSchema, 'an object of options')),
  onUnavailable: optional(oneOf('deny', 'allow', 'stale', 'bundle')),
  mode: optional(oneOf('enforce', 'permissive', 'disabled')),
  cache: optional(orFalse(cacheSchema, 'an object with "max", "allowTtl" and "denyTtl"')),
  coalesce: optional(flag),
  input: optional(inputSchema),
  policyHeaders: optional(array(header, 'a list of header names')),
  publicKeys: optional(array(metadataKey, 'a list of metadata keys')),
  authentication: optional(orFalse(guards, 'a list of guard classes')),
  unguarded: optional(oneOf('deny', 'allow')),
  audit: optional(flag),
  verifyPolicies: optional(
    custom((value) => typeof value === 'boolean' || value === 'warn', 'true, false or "warn"'),
  ),
  interceptor: optional(oneOf('global')),
  warmup: optional(orFalse(count(1), 'a whole number of at least 1')),
  ready: optional(flag),
  shutdownTimeout: optional(milliseconds(0)),
});

// Nest checks these values.
const anything = optional(unknown());

const extrasSchema = section({
  isGlobal: flag,
  name: optional(text('the name of an instance')),
  extraProviders: array(anything, 'a list of providers'),
});

const SOURCES = ['useFactory', 'useClass', 'useExisting'] as const;

const asyncSchema = section({
  ...{ useFactory: anything, useClass: anything, useExisting: anything, inject: anything, imports: anything },
  ...{ provideInjectionTokensFrom: anything, isGlobal: anything, name: anything, extraProviders: anything },
});

/**
 * Checks the argument of `forRootAsync`. {@link checkExtras} checks the extras.
 *
 * @throws OpaError `OPA_BAD_OPTIONS`
 */
export function checkAsync(options: unknown): void {
  const checked = parse(asyncSchema, options) as Record<string, unknown>;
  const sources = SOURCES.filter((source) => checked[source] !== undefined);
  if (sources.length !== 1)
    throw badOptions([
      `forRootAsync takes one of ${SOURCES.join(', ')}, but was given ${sources.join(' and ') || 'none'}`,
    ]);
}

/**
 * Checks the module's options.
 *
 * @returns a copy with own properties, because the options may be a class instance with getters
 * @throws OpaError `OPA_BAD_OPTIONS`. The message lists each wrong option, the value, and the accepted values
 */
export function checkOptions(options: unknown): OpaModuleOptions {
  const checked = parse(schema, options) as OpaModuleOptions;
  const problems = combinations(checked);
  if (problems.length > 0) throw badOptions(problems);
  return checked;
}

/**
 * Checks the extras of `forRoot` and `forRootAsync`: `isGlobal`, `name` and `extraProviders`.
 *
 * @throws OpaError `OPA_BAD_OPTIONS`
 */
export function checkExtras(extras: unknown): void {
  parse(extrasSchema, extras);
}

function parse(optionSchema: GenericSchema, options: unknown): unknown {
  const { output, issues } = safeParse(optionSchema, options);
  if (issues) throw badOptions(issues.flatMap((issue) => problemsIn(issue)).map(describeProblem));
  return output;
}

const badOptions = (problems: readonly string[]): OpaError =>
  new OpaError('OPA_BAD_OPTIONS', `OpaModule: ${problems.join('; ')}.`);

function combinations(options: OpaModuleOptions): string[] {
  const { pool = {}, timeout = 1_000, retry, tls } = options;
  const { minDelay, maxDelay } = retry === false || retry === undefined ? {} : retry;
  const { body, maxBytes } = options.input ?? {};
  return [
    ...above('pool.connectTimeout', pool.connectTimeout, 'timeout', timeout),
    ...above('pool.maxFreeSockets', pool.maxFreeSockets, 'pool.maxSockets', pool.maxSockets ?? 100),
    ...above('retry.minDelay', minDelay, 'retry.maxDelay', maxDelay),
    ...above('input.body.maxBytes', body === false ? undefined : body?.maxBytes, 'input.maxBytes', maxBytes),
    ...engineProblems(options),
    ...((tls?.cert === undefined) !== (tls?.key === undefined)
      ? ['only one of "tls.cert" and "tls.key" was given; give both']
      : []),
  ];
}

function above(name: string, value: number | undefined, limit: string, most: number | undefined): string[] {
  if (value === undefined || most === undefined || value <= most) return [];
  return [`option "${name}" (${value}) is above "${limit}" (${most}); give at most ${most}`];
}

import type { Type } from '@nestjs/common';
import { z } from 'zod';
import { tokenSchema } from '../client/index.js';
import type { PolicyEngine } from '../contracts/index.js';
import {
  count,
  isPolicyPath,
  milliseconds,
  OpaError,
  orFalse,
  POLICY_PATH_RULE,
  section,
} from '../contracts/index.js';
import { inputSchema } from '../input/index.js';
import { cacheSchema, circuitBreakerSchema, retrySchema } from '../resilience/index.js';
import { parseOrigin, poolSchema } from '../transport/index.js';
import { engineProblems } from './engine-options.js';
import { problemsIn } from './option-problems.js';
import type { OpaModuleOptions } from './options.js';

const flag = z.boolean({ error: 'true or false' });
const text = (error: string) => z.string({ error }).min(1, { error });
const oneOf = <const T extends readonly string[]>(...names: T) =>
  z.enum(names, { error: `one of ${names.map((name) => `"${name}"`).join(', ')}` });

const pem = z.union([text('PEM text, a file path or a Buffer'), z.instanceof(Buffer)], {
  error: 'PEM text, a file path or a Buffer',
});

const ADDRESS = 'an address: http://, https:// or unix:///path, without a user, a query or a fragment';

const url = z.string({ error: ADDRESS }).refine(isAddress, { error: ADDRESS });

function isAddress(value: string): boolean {
  try {
    parseOrigin(value);
    return true;
  } catch {
    return false;
  }
}

const header = z
  .string({ error: 'a header name, which may end in *' })
  .regex(/^[\w!#$%&'+.^`|~-]+\*?$/, { error: 'a header name, which may end in *' });

const metadataKey = z.union([text('a metadata key'), z.symbol()], { error: 'a metadata key' });

const guard = z.custom<Type>((value) => typeof value === 'function', { error: 'the class of a guard' });

const isEngine = (value: unknown): value is PolicyEngine =>
  typeof value === 'object' && value !== null && 'evaluate' in value && typeof value.evaluate === 'function';

const schema = section({
  url: z
    .union([url, z.array(url).min(1, { error: 'at least one address' })], {
      error: `${ADDRESS}; or a list of them`,
    })
    .optional(),
  bundle: text('the path or http(s) URL of a bundle').optional(),
  engine: z.custom<PolicyEngine>(isEngine, { error: 'a PolicyEngine' }).optional(),
  policy: z.custom<string>(isPolicyPath, { error: POLICY_PATH_RULE }).optional(),
  token: tokenSchema.optional(),
  tls: section({
    ca: pem.optional(),
    cert: pem.optional(),
    key: pem.optional(),
    servername: text('a host name').optional(),
  }).optional(),
  timeout: milliseconds(1).optional(),
  pool: poolSchema.optional(),
  retry: orFalse(retrySchema, 'an object of options').optional(),
  circuitBreaker: orFalse(circuitBreakerSchema, 'an object of options').optional(),
  onUnavailable: oneOf('deny', 'allow', 'stale', 'bundle').optional(),
  mode: oneOf('enforce', 'permissive', 'disabled').optional(),
  cache: orFalse(cacheSchema, 'an object with "max", "allowTtl" and "denyTtl"').optional(),
  coalesce: flag.optional(),
  input: inputSchema.optional(),
  policyHeaders: z.array(header, { error: 'a list of header names' }).optional(),
  publicKeys: z.array(metadataKey, { error: 'a list of metadata keys' }).optional(),
  authentication: orFalse(
    z.array(guard, { error: 'a list of guard classes' }),
    'a list of guard classes',
  ).optional(),
  unguarded: oneOf('deny', 'allow').optional(),
  audit: flag.optional(),
  verifyPolicies: z.union([z.boolean(), z.literal('warn')], { error: 'true, false or "warn"' }).optional(),
  interceptor: oneOf('global').optional(),
  warmup: orFalse(count(1), 'a whole number of at least 1').optional(),
  ready: flag.optional(),
  shutdownTimeout: milliseconds(0).optional(),
});

const extrasSchema = section({
  isGlobal: flag,
  name: text('the name of an instance').optional(),
  extraProviders: z.array(z.unknown(), { error: 'a list of providers' }),
});

const SOURCES = ['useFactory', 'useClass', 'useExisting'] as const;

// Nest checks what they hold.
const given = z.unknown().optional();
const asyncSchema = section({
  ...{ useFactory: given, useClass: given, useExisting: given, inject: given, imports: given },
  ...{ provideInjectionTokensFrom: given, isGlobal: given, name: given, extraProviders: given },
});

/**
 * Checks what `forRootAsync` takes, but the extras.
 *
 * @throws OpaError `OPA_BAD_OPTIONS`
 */
export function checkAsync(options: unknown): void {
  const parsed = asyncSchema.safeParse(options, { reportInput: true });
  if (!parsed.success) return refuse(problemsIn(parsed.error));
  const sources = SOURCES.filter((source) => parsed.data[source] !== undefined);
  if (sources.length !== 1)
    refuse([`of ${SOURCES.join(', ')} forRootAsync was given ${sources.join(' and ') || 'none'}; give one`]);
}

/**
 * Checks the module's options.
 *
 * @returns a copy, which has the options as properties of its own: what was given may have getters of a class
 * @throws OpaError `OPA_BAD_OPTIONS`, one message that names each wrong option, what was given and what is accepted
 */
export function checkOptions(options: unknown): OpaModuleOptions {
  const parsed = schema.safeParse(options, { reportInput: true });
  refuse(parsed.success ? combinations(parsed.data as OpaModuleOptions) : problemsIn(parsed.error));
  return parsed.data as OpaModuleOptions;
}

/**
 * Checks what stands beside the options.
 *
 * @throws OpaError `OPA_BAD_OPTIONS`
 */
export function checkExtras(extras: unknown): void {
  const parsed = extrasSchema.safeParse(extras, { reportInput: true });
  if (!parsed.success) refuse(problemsIn(parsed.error));
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new OpaError('OPA_BAD_OPTIONS', `OpaModule: ${problems.join('; ')}.`);
}

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
      ? ['of "tls.cert" and "tls.key" one was given without the other; give both']
      : []),
  ];
}

function above(name: string, value: number | undefined, limit: string, most: number | undefined): string[] {
  if (value === undefined || most === undefined || value <= most) return [];
  return [`option "${name}" (${value}) is above "${limit}" (${most}); give at most that`];
}

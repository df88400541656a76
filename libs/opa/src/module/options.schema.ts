import { z } from 'zod';
import { tokenSchema } from '../client/index.js';
import type { PolicyEngine } from '../contracts/index.js';
import { count, isPolicyPath, milliseconds, OpaError, POLICY_PATH_RULE } from '../contracts/index.js';
import { inputSchema } from '../input/index.js';
import { cacheSchema, circuitBreakerSchema, retrySchema } from '../resilience/index.js';
import { parseOrigin, poolSchema } from '../transport/index.js';
import type { OpaModuleOptions } from './options.js';

const flag = z.boolean({ error: 'true or false' });
const text = (error: string) => z.string({ error }).min(1, { error });
const oneOf = <const T extends readonly string[]>(...names: T) =>
  z.enum(names, { error: `one of ${names.map((name) => `"${name}"`).join(', ')}` });
const off = <T extends z.ZodType>(schema: T) => z.literal(false).or(schema);

const pem = z.union([text('PEM text, a file path or a Buffer'), z.instanceof(Buffer)], {
  error: 'PEM text, a file path or a Buffer',
});

const url = text('an address such as "http://127.0.0.1:8181"').superRefine((value, context) => {
  try {
    parseOrigin(value);
  } catch (error) {
    context.addIssue({
      code: 'custom',
      message: 'an address: http://, https:// or unix:///path',
      params: { error },
    });
  }
});

const header = z
  .string({ error: 'header names' })
  .regex(/^[\w!#$%&'+.^`|~-]+\*?$/, { error: 'a header name, which may end in *' });

const isEngine = (value: unknown): value is PolicyEngine =>
  typeof value === 'object' && value !== null && 'evaluate' in value && typeof value.evaluate === 'function';

const schema = z.strictObject({
  url: z
    .union([url, z.array(url).min(1)], {
      error: 'an address or a list of addresses: http://, https:// or unix:///path',
    })
    .optional(),
  bundle: text('the path or http(s) URL of a bundle').optional(),
  engine: z.custom<PolicyEngine>(isEngine, { error: 'a PolicyEngine' }).optional(),
  policy: z.custom<string>(isPolicyPath, { error: POLICY_PATH_RULE }).optional(),
  token: tokenSchema.optional(),
  tls: z
    .strictObject({
      ca: pem.optional(),
      cert: pem.optional(),
      key: pem.optional(),
      servername: text('a host name').optional(),
    })
    .optional(),
  timeout: milliseconds(1).optional(),
  pool: poolSchema.optional(),
  retry: off(retrySchema).optional(),
  circuitBreaker: off(circuitBreakerSchema).optional(),
  onUnavailable: oneOf('deny', 'allow', 'stale', 'bundle').optional(),
  mode: oneOf('enforce', 'permissive', 'disabled').optional(),
  cache: off(cacheSchema).optional(),
  coalesce: flag.optional(),
  input: inputSchema.optional(),
  policyHeaders: z.array(header, { error: 'a list of header names' }).optional(),
  unguarded: oneOf('deny', 'allow').optional(),
  audit: flag.optional(),
  verifyPolicies: z.union([z.boolean(), z.literal('warn')], { error: 'true, false or "warn"' }).optional(),
  warmup: off(count(1)).optional(),
  ready: flag.optional(),
  shutdownTimeout: milliseconds(0).optional(),
});

/**
 * Checks the module's options.
 *
 * @throws OpaError `OPA_BAD_OPTIONS`, one message that names each wrong option, what was given and what is accepted
 */
export function checkOptions(options: unknown): asserts options is OpaModuleOptions {
  const parsed = schema.safeParse(options ?? {}, { reportInput: true });
  const problems = parsed.success
    ? combinations(parsed.data as OpaModuleOptions)
    : parsed.error.issues.flatMap(describe);
  if (problems.length > 0) throw new OpaError('OPA_BAD_OPTIONS', `OpaModule: ${problems.join('; ')}.`);
}

function combinations(options: OpaModuleOptions): string[] {
  const { pool = {}, timeout = 1_000, engine, url: address, bundle, onUnavailable } = options;
  const { connectTimeout, maxFreeSockets, maxSockets = 100 } = pool;
  const problems: string[] = [];
  if (connectTimeout !== undefined && connectTimeout > timeout) {
    problems.push(
      `option "pool.connectTimeout" (${connectTimeout}) is above "timeout" (${timeout}); give at most that`,
    );
  }
  if (maxFreeSockets !== undefined && maxFreeSockets > maxSockets) {
    problems.push(
      `option "pool.maxFreeSockets" (${maxFreeSockets}) is above "pool.maxSockets" (${maxSockets}); give at most that`,
    );
  }
  if (engine !== undefined && (address !== undefined || bundle !== undefined)) {
    problems.push('option "engine" was given beside "url" or "bundle"; give one or the other');
  }
  if (onUnavailable === 'bundle' && (bundle === undefined || address === undefined)) {
    problems.push('option "onUnavailable" is "bundle" without both "url" and "bundle"; give both');
  }
  return problems;
}

function describe(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) => `option "${[...issue.path, key].join('.')}" is not known; take it out or correct its name`,
    );
  }
  const name = issue.path.join('.');
  return [`option "${name}" was given ${given(name, issue.input)}, but takes ${issue.message}`];
}

// What was given may hold a secret.
function given(name: string, value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  const secret = /^(token|tls)\b/.test(name);
  if (typeof value === 'string' && !secret) return JSON.stringify(value.replace(/\/\/[^/@]*@/, '//…@'));
  if ((typeof value === 'number' || typeof value === 'boolean') && !secret) return String(value);
  return value === undefined ? 'nothing' : `a value of type ${typeof value}`;
}

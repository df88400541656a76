import { OpaError } from 'nestjs-opa';
import { describeProblem } from 'nestjs-opa/internal';
import { z } from 'zod';
import { audience, scopes, upstreamUrl } from './fields.js';
import type { McpGatewayOptions, McpHttpRequest } from './options.js';
import type { McpRedis } from './redis.js';
import { mcpServerSchema } from './server.schema.js';
import type { McpServerEntry } from './server.schema.js';

const MIN_SESSION_KEY = 32;
/** Options whose values no message shows. */
const SECRETS = new Set(['headers', 'tls', 'auth']);

const isRedis = (value: unknown): boolean => typeof (value as Partial<McpRedis> | null)?.eval === 'function';

const schema = z
  .strictObject({
    servers: z.array(mcpServerSchema, { error: 'a list of MCP servers' }),
    claims: z
      .custom<(request: McpHttpRequest) => object | undefined>((value) => typeof value === 'function', {
        error: 'a function that gives the claims of a request',
      })
      .default(
        () =>
          ({ user }: McpHttpRequest) =>
            (user ?? undefined) as object | undefined,
      ),
    audience: audience.optional(),
    scopes: scopes.default([]),
    authorizationServers: z.array(upstreamUrl, { error: 'a list of URLs' }).optional(),
    publicUrl: upstreamUrl.optional(),
    sessionKey: z
      .string()
      .min(MIN_SESSION_KEY, { error: `at least ${MIN_SESSION_KEY} characters` })
      .optional(),
    redis: z.custom<McpRedis>(isRedis, { error: 'a client of ioredis' }).optional(),
    maxBufferedBytes: z
      .int()
      .min(1)
      .default(64 * 1024 * 1024),
    maxHeaderBytes: z.int().min(1_024).max(1_048_576).default(16_384),
  })
  .superRefine(({ servers, redis, sessionKey }, context) => {
    if (redis !== undefined && sessionKey === undefined) {
      const message = `a secret of at least ${MIN_SESSION_KEY} characters, because option "redis" is set`;
      context.addIssue({ code: 'custom', path: ['sessionKey'], message, input: sessionKey });
    }
    const names = servers.map(({ name }) => name);
    names.forEach((name, index) => {
      if (names.indexOf(name) === index) return;
      const message = 'a name that no other server has';
      context.addIssue({ code: 'custom', path: ['servers', index, 'name'], message, input: name });
    });
  });

/** The module's validated options, with their defaults. */
export interface McpGatewaySettings extends Omit<
  Required<McpGatewayOptions>,
  'servers' | 'audience' | 'authorizationServers' | 'publicUrl' | 'sessionKey' | 'redis'
> {
  readonly servers: readonly McpServerEntry[];
  readonly audience?: readonly string[] | undefined;
  readonly authorizationServers?: readonly string[] | undefined;
  readonly publicUrl?: string | undefined;
  readonly sessionKey?: string | undefined;
  readonly redis?: McpRedis | undefined;
}

/**
 * Checks the module's options and fills in their defaults.
 *
 * @throws OpaError `OPA_BAD_OPTIONS`; its message names each wrong option, the given value and the accepted values
 */
export function checkOptions(options: McpGatewayOptions): McpGatewaySettings {
  const parsed = schema.safeParse(options, { reportInput: true });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap(problemsOf).map(describeProblem);
  throw new OpaError('OPA_BAD_OPTIONS', `McpGatewayModule: ${problems.join('; ')}.`);
}

function problemsOf(issue: z.core.$ZodIssue): Parameters<typeof describeProblem>[0][] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...path, key], value: undefined, accepted: undefined }));
  const isSecret = path.some((key) => SECRETS.has(key));
  return [{ path, value: withoutQuery(issue.input), accepted: acceptedBy(issue), isSecret }];
}

/** Hides the query of a URL, because it may hold a secret. */
const withoutQuery = (value: unknown): unknown =>
  typeof value === 'string' && URL.canParse(value) ? value.replace(/\?.*/s, '?…') : value;

function acceptedBy(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_small')
    return issue.origin === 'string' ? issue.message : `at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `at most ${issue.maximum}`;
  if (issue.code === 'invalid_value') return issue.values.map((value) => JSON.stringify(value)).join(', ');
  const isDefault = issue.code === 'invalid_type' && issue.message.startsWith('Invalid input');
  return isDefault ? `a value of type ${issue.expected}` : issue.message;
}

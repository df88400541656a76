import { mcpServerSchema, policyPath, PublicUrl } from 'nestjs-opa-mcp/internal';
import { z } from 'zod';
import { authSchema } from './auth.schema.js';
import { listenSchema } from './listen.schema.js';
import { redisSchema } from './redis.schema.js';
import { ROOTS } from './roots.js';
import { upstreamSchema } from './upstream.schema.js';

/** Accepts the content of the gateway's file. */
export const configSchema = z
  .strictObject({
    listen: listenSchema.prefault({}),
    /** The options of `OpaModule`. The module checks them. */
    opa: z.record(z.string(), z.unknown()).default({}),
    auth: authSchema.optional(),
    /** The policy for the routes `/admin/…`. Default: none; the gateway has no admin routes. */
    admin: z.strictObject({ policy: policyPath }).optional(),
    /**
     * The Redis in which the replicas of the gateway share MCP records and limits. Default: none; both lie in memory, and the
     * gateway connects to no Redis.
     */
    redis: redisSchema.optional(),
    /** REST upstreams. Default: none. */
    upstreams: z.array(upstreamSchema).default([]),
    /** MCP servers. Default: none. */
    mcp: z.array(mcpServerSchema).default([]),
  })
  .superRefine((config, context) => {
    const { listen, upstreams, mcp, opa, auth } = config;
    if (upstreams.length + mcp.length === 0) {
      const message = 'give at least one upstream, or one mcp entry';
      context.addIssue({ code: 'custom', path: ['upstreams'], message });
    }
    for (const { name } of upstreams) {
      if (!isAmbiguous(listen.publicUrl, name)) continue;
      const message = `its path could also be the path of the upstream "${name}"; rename the upstream, or change the path`;
      context.addIssue({ code: 'custom', path: ['listen', 'publicUrl'], message });
    }
    for (const list of ['upstreams', 'mcp'] as const) {
      const names = new Set<string>();
      config[list].forEach((entry, index) => {
        const wrong = (key: string, message: string) => {
          context.addIssue({ code: 'custom', path: [list, index, key], message });
        };
        if (names.has(entry.name)) wrong('name', `"${entry.name}" is the name of another upstream too`);
        names.add(entry.name);
        const decides = entry.policy ?? opa['policy'] ?? ('plugin' in entry ? entry.plugin : undefined);
        if (decides === undefined) wrong('policy', 'give one here, or one for all as opa.policy');
        if (entry.auth?.type === 'token_exchange' && !auth)
          wrong('auth', 'a token exchange needs the key "auth" of the file: without it no user has a token');
        if ('forwardToken' in entry && entry.forwardToken && !auth) {
          wrong('forwardToken', 'needs auth: without it no token is passed on');
        }
      });
    }
    if (z.object({ body: z.object() }).safeParse(opa['input']).success) {
      const message = 'the gateway streams bodies, so no policy can see them: leave it out';
      context.addIssue({ code: 'custom', path: ['opa', 'input', 'body'], message });
    }
  });

/** Whether a path below the public URL could be a path of the upstream, such as `/api/orders` of the upstream `orders`. */
function isAmbiguous(publicUrl: string | undefined, upstream: string): boolean {
  const prefix = new PublicUrl(publicUrl).prefix;
  return prefix !== '' && ROOTS.some((root) => `${prefix}/${root}/`.startsWith(`/api/${upstream}/`));
}

/** The content of the gateway's file, after the checks and with defaults. */
export type FileConfig = z.infer<typeof configSchema>;

import { mcpServerSchema, policyPath } from 'nestjs-opa-mcp/internal';
import { z } from 'zod';
import { upstreamSchema } from './upstream.schema.js';

const filled = z.string().min(1, { error: 'a text that is not empty' });

/** Accepts the settings for the verification of tokens. */
export const authSchema = z.strictObject({
  /** The issuer's keys: a JWKS file, or an http(s) URL. */
  jwks: filled,
  /** The value that a token's `iss` must have. */
  issuer: filled,
  /** The value that a token's `aud` must equal or contain. */
  audience: filled,
  /** Whether the gateway accepts a request without a token, with the subject `{type: anonymous}`. Default: `false`. */
  anonymous: z.boolean().default(false),
});

/** The settings for the verification of tokens. */
export type AuthConfig = z.infer<typeof authSchema>;

/** Accepts the content of the gateway's file. */
export const configSchema = z
  .strictObject({
    listen: z
      .strictObject({
        /** The address on which the gateway listens. Default: `127.0.0.1`. */
        host: filled.default('127.0.0.1'),
        /** The port; 0 lets the operating system choose a free port. Default: 3000. */
        port: z.int().min(0).max(65_535).default(3_000),
        /** The timeout until a whole request with its body has arrived, in milliseconds. Default: 30,000. */
        requestTimeout: z.int().min(1).max(2_147_483_647).default(30_000),
        /** The limit for all unanswered MCP messages in memory, in bytes. Default: 64 MiB. */
        maxBufferedBytes: z
          .int()
          .min(1)
          .default(64 * 1024 * 1024),
      })
      .prefault({}),
    /** The options of `OpaModule`. The module checks them. */
    opa: z.record(z.string(), z.unknown()).default({}),
    auth: authSchema.optional(),
    /** The policy for the routes `/admin/…`. Default: none; the gateway has no admin routes. */
    admin: z.strictObject({ policy: policyPath }).optional(),
    /** REST upstreams. Default: none. */
    upstreams: z.array(upstreamSchema).default([]),
    /** MCP servers. Default: none. */
    mcp: z.array(mcpServerSchema).default([]),
  })
  .superRefine((config, context) => {
    const { upstreams, mcp, opa, auth } = config;
    if (upstreams.length + mcp.length === 0) {
      const message = 'give at least one upstream, or one mcp entry';
      context.addIssue({ code: 'custom', path: ['upstreams'], message });
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

/** The content of the gateway's file, after the checks and with defaults. */
export type FileConfig = z.infer<typeof configSchema>;

import { z } from 'zod';
import { upstreamSchema } from './upstream.schema.js';

const filled = z.string().min(1, { error: 'a text that is not empty' });

/** How tokens are checked. */
export const authSchema = z.strictObject({
  /** The issuer's keys: a JWKS file, or an http(s) URL. */
  jwks: filled,
  /** What a token's `iss` must be. */
  issuer: filled,
  /** What a token's `aud` must be, or hold. */
  audience: filled,
  /** Whether a request without a token passes as `{type: anonymous}`. Default: `false`. */
  anonymous: z.boolean().default(false),
});

/** How tokens are checked. */
export type AuthConfig = z.infer<typeof authSchema>;

/** The gateway's file. */
export const configSchema = z
  .strictObject({
    listen: z
      .strictObject({
        /** The address to listen on. Default: `127.0.0.1`. */
        host: filled.default('127.0.0.1'),
        /** The port; 0 takes a free one. Default: 3000. */
        port: z.int().min(0).max(65_535).default(3_000),
      })
      .prefault({}),
    /** The options of `OpaModule`, which checks them itself. */
    opa: z.record(z.string(), z.unknown()).default({}),
    auth: authSchema.optional(),
    upstreams: z.array(upstreamSchema).min(1, { error: 'give at least one upstream' }),
    mcp: z.undefined({ error: 'mcp entries are not supported yet' }).optional(),
  })
  .superRefine(({ upstreams, opa, auth }, context) => {
    const names = new Set<string>();
    upstreams.forEach(({ name, policy, forwardToken }, index) => {
      const wrong = (key: string, message: string) => {
        context.addIssue({ code: 'custom', path: ['upstreams', index, key], message });
      };
      if (names.has(name)) wrong('name', `"${name}" is the name of another upstream too`);
      names.add(name);
      if (policy === undefined && opa['policy'] === undefined) {
        wrong('policy', 'give one here, or one for all as opa.policy');
      }
      if (forwardToken && !auth) wrong('forwardToken', 'needs auth: without it no token is passed on');
    });
    if (z.object({ body: z.object() }).safeParse(opa['input']).success) {
      const message = 'the gateway streams bodies, so no policy can see them: leave it out';
      context.addIssue({ code: 'custom', path: ['opa', 'input', 'body'], message });
    }
  });

/** What the file says, checked and with its defaults. */
export type FileConfig = z.infer<typeof configSchema>;

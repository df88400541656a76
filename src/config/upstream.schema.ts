import { entryName, policyPath, upstreamUrl } from 'nestjs-opa-mcp/internal';
import { z } from 'zod';

const HEADER_NAME = /^[\w!#$%&'+.^`|~-]+$/;
// The connection's, the message's, or the gateway's own affair.
const NEVER_FORWARDED =
  /^(authorization|connection|content-length|expect|host|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/;
const FORWARDED_RULE =
  'header names, none of the connection, the length, Host or Authorization (see forwardToken)';

const forwarded = z
  .string({ error: FORWARDED_RULE })
  .toLowerCase()
  .refine((name) => HEADER_NAME.test(name) && !NEVER_FORWARDED.test(name), { error: FORWARDED_RULE });

/** One REST upstream: what `/api/{name}/*` leads to. */
export const upstreamSchema = z.strictObject({
  /** The name in the gateway's path. */
  name: entryName,
  /** Where the upstream is; its path stands before the request's own. */
  url: upstreamUrl,
  /** The decision asked before the upstream. Default: `opa.policy`. */
  policy: policyPath.optional(),
  /** The decision asked about the upstream's answer. Default: none. */
  response: policyPath.optional(),
  /** How long the upstream may take to connect, and to begin its answer, in milliseconds. Default: 5,000. */
  timeout: z.int().min(1).max(2_147_483_647).default(5_000),
  /** Whether the user's own `Authorization` goes to the upstream. Default: `false`. */
  forwardToken: z.boolean().default(false),
  /**
   * Headers of the client that go to the upstream although they could give it another request or client than the
   * policy saw, for both of them: names with `_`, `x-real-ip`, `x-http-method-override` and the like. Default: none.
   */
  forwardHeaders: z.array(forwarded, { error: 'a list of header names' }).default([]),
});

/** One REST upstream, as the file gives it. */
export type UpstreamEntry = z.infer<typeof upstreamSchema>;

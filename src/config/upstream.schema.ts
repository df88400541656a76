import {
  audience,
  checkCredentials,
  entryName,
  isHopByHop,
  origins,
  policyPath,
  scopes,
  upstreamFields,
  upstreamUrl,
} from 'nestjs-opa-mcp/internal';
import { z } from 'zod';

const HEADER_NAME = /^[\w!#$%&'+.^`|~-]+$/;
// Headers of proxies and of the message framing, and headers that the gateway sets.
const NEVER_FORWARDED = /^(authorization|content-length|expect|host|proxy-.*)$/;
const FORWARDED_RULE =
  'header names, none of the connection, the length, Host or Authorization (see forwardToken)';

const forwarded = z
  .string({ error: FORWARDED_RULE })
  .toLowerCase()
  .refine((name) => HEADER_NAME.test(name) && !NEVER_FORWARDED.test(name) && !isHopByHop(name), {
    error: FORWARDED_RULE,
  });

/** Accepts a REST upstream, which receives the requests to `/api/{name}/*`. */
export const upstreamSchema = z
  .strictObject({
    /** The name of the upstream in the gateway's path. */
    name: entryName,
    /** The URL of the upstream. The gateway puts the path of this URL before the path of each request. */
    url: upstreamUrl,
    ...upstreamFields,
    /** The policy path for requests. Default: `opa.policy`. */
    policy: policyPath.optional(),
    /** The policy path for the upstream's responses. Default: none. */
    response: policyPath.optional(),
    /** The audience of this upstream's tokens (RFC 8707), or a list of audiences. Default: `auth.audience`. */
    audience: audience.optional(),
    /** The scopes that a 401 of this upstream's route names. Default: `auth.scopes`. */
    scopes: scopes.optional(),
    /** The timeout for the connection, and the timeout until the response begins, in milliseconds. Default: 5,000. */
    timeout: z.int().min(1).max(2_147_483_647).default(5_000),
    /**
     * The origins whose pages may read responses (CORS). On loopback, pages of loopback origins also may. The gateway then
     * answers preflights, and replaces the upstream's CORS headers. Default: none; the upstream's CORS headers pass.
     */
    origins: origins.optional(),
    /** Whether the gateway forwards the user's `Authorization` header to the upstream. Default: `false`. */
    forwardToken: z.boolean().default(false),
    /**
     * Names of untrusted client headers that the gateway passes to the policy and the upstream. By default the gateway
     * removes these headers, such as names with `_`, `x-real-ip` and `x-http-method-override`. An upstream could read
     * another method or client address from them than the policy. Default: none.
     */
    forwardHeaders: z.array(forwarded, { error: 'a list of header names' }).default([]),
  })
  .superRefine(checkCredentials);

/** A REST upstream from the gateway's file, with defaults. */
export type UpstreamEntry = z.infer<typeof upstreamSchema>;

import { audience, scopes } from 'nestjs-opa-mcp/internal';
import { z } from 'zod';
import { filled } from './filled.js';

/** Accepts the settings for the verification of tokens. */
export const authSchema = z
  .strictObject({
    /** The issuer's keys: a JWKS file, which is read again when it changes, or an http(s) URL. */
    jwks: filled,
    /** The value that a token's `iss` must have. */
    issuer: filled,
    /** The audience, or a list of audiences. A token's `aud` must equal or contain one of them. */
    audience,
    /** The scopes that a client should request: in the metadata, and in a 401. Default: none. */
    scopes: scopes.default([]),
    /** Whether the gateway accepts a request without a token, with the subject `{type: anonymous}`. Default: `false`. */
    anonymous: z.boolean().default(false),
    /**
     * Whether the gateway serves the issuer's metadata at its own origin (RFC 8414), for clients that look there.
     * Default: `false`.
     */
    proxyMetadata: z.boolean().default(false),
  })
  .superRefine(({ proxyMetadata, issuer }, context) => {
    if (!proxyMetadata || (/^https?:\/\//i.test(issuer) && URL.canParse(issuer))) return;
    const message = `an http(s) URL, because of proxyMetadata; not ${JSON.stringify(issuer)}`;
    context.addIssue({ code: 'custom', path: ['issuer'], message });
  });

/** The settings for the verification of tokens. */
export type AuthConfig = z.infer<typeof authSchema>;

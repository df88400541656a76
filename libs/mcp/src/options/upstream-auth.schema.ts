import { z } from 'zod';
import { audience } from './fields.js';
import { secret, text } from './secret.js';

const ENDPOINT_RULE =
  'an https:// URL without user and fragment; http:// only on loopback, or with "allowInsecureRequests"';
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const TOKEN_TYPE_RULE = 'a token type such as urn:ietf:params:oauth:token-type:jwt';

const endpoint = z.string({ error: ENDPOINT_RULE }).refine(
  (value) => {
    if (!URL.canParse(value) || /[#\s\\]/.test(value)) return false;
    const { protocol, username, password } = new URL(value);
    return /^https?:$/.test(protocol) && username === '' && password === '';
  },
  { error: ENDPOINT_RULE },
);

const tokenType = z.string().min(1, { error: TOKEN_TYPE_RULE }).optional();

const fields = {
  /** The token endpoint of the authorization server. Default: the endpoint in the metadata of `issuer`. */
  tokenEndpoint: endpoint.optional(),
  /** The issuer, whose metadata names the token endpoint (RFC 8414, or OpenID Connect Discovery). */
  issuer: endpoint.optional(),
  /** The client id of the gateway. */
  clientId: text,
  /** The client secret of the gateway: the text, or `{ file }`. */
  clientSecret: secret,
  /** How the gateway sends the client secret. Default: `client_secret_basic`. */
  clientAuthMethod: z.enum(['client_secret_basic', 'client_secret_post']).default('client_secret_basic'),
  /** The requested scopes, with spaces between them. Default: none. */
  scope: text.optional(),
  /** The URL of the upstream as the authorization server knows it (RFC 8707), or a list of URLs. Default: none. */
  resource: audience.optional(),
  /** The audience of the token, or a list of audiences (RFC 8693). Default: none. */
  audience: audience.optional(),
  /** The timeout of a token request, in milliseconds. Default: 5,000. */
  timeout: z.int().min(1).max(600_000).default(5_000),
  /** Whether an `http://` endpoint beyond loopback is allowed. Default: `false`. */
  allowInsecureRequests: z.boolean().default(false),
};

/** Accepts the options with which the gateway gets its tokens for an upstream from an authorization server. */
export const upstreamAuth = z
  .discriminatedUnion(
    'type',
    [
      z.strictObject({ type: z.literal('client_credentials'), ...fields }),
      z.strictObject({
        type: z.literal('token_exchange'),
        ...fields,
        /** The type of the user's token. Default: `urn:ietf:params:oauth:token-type:access_token`. */
        subjectTokenType: tokenType,
        /** The type of the requested token. Default: none; the authorization server chooses the type. */
        requestedTokenType: tokenType,
      }),
    ],
    { error: 'an object with the type client_credentials or token_exchange' },
  )
  .superRefine(({ tokenEndpoint, issuer, allowInsecureRequests }, context) => {
    const wrong = (key: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [key], message });
    };
    if (tokenEndpoint === undefined && issuer === undefined) wrong('tokenEndpoint', 'give one, or an issuer');
    for (const [key, value] of Object.entries({ tokenEndpoint, issuer })) {
      if (value === undefined || isSecure(value) || allowInsecureRequests) continue;
      wrong(key, ENDPOINT_RULE);
    }
  });

/** Whether tokens can't be read on the way to a URL: over TLS, or on loopback. */
export function isSecure(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || LOOPBACK.test(hostname);
}

/** The validated options of `auth`, with their defaults. */
export type UpstreamAuth = z.infer<typeof upstreamAuth>;

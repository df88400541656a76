import { isPolicyPath } from 'nestjs-opa';
import { z } from 'zod';

const NAME_RULE = 'letters, digits, "-" and "_", at most 63, a letter or digit first';
const URL_RULE = 'an http:// or https:// URL without user, query and fragment';

const MCP_URL_RULE = 'an http:// or https:// URL without user and fragment';
const ORIGIN_RULE = 'an origin such as https://app.example, without a path';

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

const isMcpUrl = (text: string): boolean => {
  if (!URL.canParse(text) || /[#\s\\]/.test(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
};

/** Accepts the name of an entry, which stands in the path of its route. */
export const entryName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, { error: NAME_RULE });

/** Accepts the URL of an upstream server. */
export const upstreamUrl = z
  .string({ error: URL_RULE })
  .refine((text) => isMcpUrl(text) && !text.includes('?'), { error: URL_RULE });

/** Accepts the URL of an MCP server. The query may hold a secret, so no log and no message may show the query. */
export const mcpUrl = z.string({ error: MCP_URL_RULE }).refine(isMcpUrl, { error: MCP_URL_RULE });

const AUDIENCE_RULE = 'a text that is not empty, or a list of such texts';
// RFC 6749, 3.3.
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
const SCOPE_RULE = 'a list of scopes, without spaces, quotes and backslashes';
const text = z.string().min(1);

/** Accepts one audience, or a list of audiences. The output is a list. */
export const audience = z.union([text.transform((value) => [value]), z.array(text).min(1)], {
  error: AUDIENCE_RULE,
});

/** Accepts the scopes that a client needs. */
export const scopes = z.array(z.string().regex(SCOPE, { error: SCOPE_RULE }), { error: SCOPE_RULE });

/** Accepts a policy path. */
export const policyPath = z
  .string()
  .refine(isPolicyPath, { error: 'a policy path such as gateway/orders/request' });

/** Accepts a list of origins. */
export const origins = z.array(z.string().refine(isOrigin, { error: ORIGIN_RULE }));

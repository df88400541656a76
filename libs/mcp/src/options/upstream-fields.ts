import { comparableHeader } from 'nestjs-opa/internal';
import { z } from 'zod';
import { secret } from './secret.js';
import type { Secret } from './secret.js';
import { upstreamAuth } from './upstream-auth.schema.js';

const HEADER_NAME = /^[\w!#$%&'+.^`|~-]+$/;
// Headers of the connection, of the message framing, of the protocol, and headers that the gateway sets.
const REFUSED =
  /^(a-im|accept|accept-charset|accept-encoding|access-control-.*|connection|content-.*|expect|forwarded|host|http2-settings|if-.*|keep-alive|last-event-id|mcp-.*|proxy-.*|range|te|trailer|transfer-encoding|upgrade|vary|x-forwarded-.*)$/;
const NAME_RULE =
  'not a header that an entry may set: it belongs to the connection, the message or the protocol';
const PEM_RULE = 'the path of a PEM file, or PEM text';

const headers = z
  .record(z.string(), secret)
  .superRefine((entries, context) => {
    const names = Object.keys(entries);
    names.forEach((name, index) => {
      const wrong = (message: string): void => context.addIssue({ code: 'custom', path: [name], message });
      const isDuplicate = names
        .slice(0, index)
        .some((other) => comparableHeader(other) === comparableHeader(name));
      if (!HEADER_NAME.test(name)) wrong('not the name of a header');
      else if (REFUSED.test(comparableHeader(name))) wrong(NAME_RULE);
      else if (isDuplicate) wrong('another spelling of this name is in the list, too; remove one');
    });
  })
  .transform((entries): Readonly<Record<string, Secret>> =>
    Object.fromEntries(Object.entries(entries).map(([name, value]) => [name.toLowerCase(), value])),
  );

const pem = z.string({ error: PEM_RULE }).min(1, { error: PEM_RULE });

/** The options for the gateway's own credentials, which `mcp` and `upstreams` entries share. */
export const upstreamFields = {
  /**
   * Headers that the gateway adds to every request to the upstream: a text, or `{ file }`, which is read again when it
   * changes. A client can't set them. A header that a policy sets replaces the value. Default: none.
   */
  headers: headers.optional(),
  /**
   * The certificates for a TLS connection to the upstream: `ca`, and `cert` with `key` for a client certificate. Each
   * is PEM text, or the path of a file, which is read again when it changes. `servername` replaces the host name that
   * the certificate must have. Default: the certificate authorities of Node, and no client certificate.
   */
  tls: z
    .strictObject({
      ca: pem.optional(),
      cert: pem.optional(),
      key: pem.optional(),
      servername: z.string().min(1).optional(),
    })
    .optional(),
  /** How the gateway gets a token for the upstream from an authorization server. Default: it gets none. */
  auth: upstreamAuth.optional(),
};

/** The validated options for the gateway's own credentials. */
export type UpstreamFields = z.output<z.ZodObject<typeof upstreamFields>>;

const onlyOne = (option: string, other: string): string =>
  `an entry cannot have both ${option} and ${other}: remove one`;

/** Refuses combinations of an entry's credentials that contradict each other. */
export function checkCredentials(
  {
    url,
    headers: named,
    tls,
    auth,
    forwardToken = false,
  }: UpstreamFields & { url: string; forwardToken?: boolean },
  context: z.core.$RefinementCtx,
): void {
  const wrong = (path: string[], message: string): void => {
    context.addIssue({ code: 'custom', path, message });
  };
  const hasAuthorization = Object.keys(named ?? {}).some(
    (name) => comparableHeader(name) === 'authorization',
  );
  if (hasAuthorization && forwardToken)
    wrong(['headers', 'authorization'], onlyOne('headers.authorization', 'forwardToken'));
  if (hasAuthorization && auth !== undefined)
    wrong(['headers', 'authorization'], onlyOne('headers.authorization', 'auth'));
  if (auth !== undefined && forwardToken) wrong(['auth'], onlyOne('auth', 'forwardToken'));
  if (tls === undefined) return;
  if (!url.startsWith('https:')) wrong(['tls'], 'leave it out, or give a https:// URL');
  if ((tls.cert === undefined) !== (tls.key === undefined))
    wrong(['tls'], 'give both cert and key, or neither');
}

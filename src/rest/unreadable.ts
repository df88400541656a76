import type { IncomingHttpHeaders } from 'node:http';

// RFC 9110, 8.3.1: a Content-Type is a single media type. Clients read other values, such as a list, in different ways.
const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const VALUE = `(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*")`;
// White space must match in one way only. Otherwise the time for `; ; ; ;` doubles with each `;`.
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}[ \\t]*(?:;[ \\t]*(?:${TOKEN}=${VALUE}[ \\t]*)?)*$`);
const CHARSET = /[; \t]charset\*?=("[^"]*"|[^;\s]*)/gi;
// `utf8` is not registered, but the Encoding Standard defines it as a label of UTF-8. `us-ascii` is a subset of UTF-8.
const UTF8 = /^"?(utf-8|utf8|us-ascii)"?$/i;

/**
 * Describes why a response policy and the client could read a body differently:
 *
 * - the body has a content encoding, although the gateway requested `identity`,
 * - the charset is not UTF-8,
 * - the Content-Type is not a single media type.
 *
 * @returns `undefined` when the policy and the client read the same body
 */
export function unreadable(headers: IncomingHttpHeaders): string | undefined {
  const encodings = [headers['content-encoding'] ?? []].flat().join(',');
  if (!/^(|identity)$/i.test(encodings.trim()))
    return 'it has a content encoding; let the upstream respect "Accept-Encoding: identity"';
  const [type, ...more] = [headers['content-type'] ?? []].flat();
  if (type === undefined) return undefined;
  if (more.length > 0 || !MEDIA_TYPE.test(type)) return 'its Content-Type is not one media type';
  const charsets = [...type.matchAll(CHARSET)].map(([, charset = '']) => charset);
  return charsets.every((charset) => UTF8.test(charset)) ? undefined : 'its charset is not UTF-8';
}

import type { IncomingHttpHeaders } from 'node:http';

// RFC 9110, 8.3.1: one media type. Readers differ in what they take of anything else, a list of types above all.
const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const VALUE = `(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*")`;
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:[ \\t]*;[ \\t]*(?:${TOKEN}=${VALUE})?)*$`);
const CHARSET = /[; \t]charset\*?=("[^"]*"|[^;\s]*)/gi;
// The second is no registered name, but the Encoding Standard's for the same; the third is a part of it.
const UTF8 = /^"?(utf-8|utf8|us-ascii)"?$/i;

/**
 * Says why a response policy would see another body than the client reads: it is encoded, although the upstream was
 * asked for it as it is, or in another charset than UTF-8, or of a type that readers understand differently.
 *
 * @returns `undefined` for a body that the policy can be shown
 */
export function unreadable(headers: IncomingHttpHeaders): string | undefined {
  const encodings = [headers['content-encoding'] ?? []].flat().join(',');
  if (!/^(|identity)$/i.test(encodings.trim())) return 'it is content-encoded, which it was not asked to be';
  const [type, ...more] = [headers['content-type'] ?? []].flat();
  if (type === undefined) return undefined;
  if (more.length > 0 || !MEDIA_TYPE.test(type)) return 'its Content-Type is not one media type';
  const charsets = [...type.matchAll(CHARSET)].map(([, charset = '']) => charset);
  return charsets.every((charset) => UTF8.test(charset)) ? undefined : 'its charset is not UTF-8';
}

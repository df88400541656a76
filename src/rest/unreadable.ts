import type { IncomingHttpHeaders } from 'node:http';

const CHARSET = /;\s*charset\s*=\s*("[^"]*"|[^;\s]*)/gi;
// The second is no registered name, but the Encoding Standard's for the same; the third is a part of it.
const UTF8 = /^"?(utf-8|utf8|us-ascii)"?$/i;

/**
 * Says why a response policy would see another body than the client reads: it is encoded, although the upstream was
 * asked for it as it is, or in another charset than UTF-8.
 *
 * @returns `undefined` for a body that the policy can be shown
 */
export function unreadable(headers: IncomingHttpHeaders): string | undefined {
  const encodings = [headers['content-encoding'] ?? []].flat().join(',');
  if (!/^(|identity)$/i.test(encodings.trim())) return 'it is content-encoded, which it was not asked to be';
  const types = [headers['content-type'] ?? []].flat();
  if (types.length > 1) return 'it has more than one Content-Type';
  const charsets = [...(types[0] ?? '').matchAll(CHARSET)].map(([, charset = '']) => charset);
  return charsets.every((charset) => UTF8.test(charset)) ? undefined : 'its charset is not UTF-8';
}

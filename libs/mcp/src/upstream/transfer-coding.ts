import type { IncomingHttpHeaders } from 'node:http';

/** The longest part of the header that the message shows, in characters. */
const MAX_SHOWN = 100;

/**
 * Describes a transfer coding other than `chunked`, such as `gzip, chunked`. Node decodes `chunked` only, and a proxy removes
 * the header: the client would read the compressed bytes as the content (RFC 9112, 6.1).
 *
 * @returns `undefined` when Node decodes the body
 */
export function unknownCoding({
  'transfer-encoding': value = 'chunked',
}: IncomingHttpHeaders): string | undefined {
  const coding = [value].flat().join(', ');
  if (/^(chunked|identity)$/i.test(coding.trim())) return undefined;
  return `the response has the Transfer-Encoding ${JSON.stringify(coding.slice(0, MAX_SHOWN))}; the gateway reads only "chunked"`;
}

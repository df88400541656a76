import { BadRequestException } from '@nestjs/common';

// Characters outside printable ASCII, and the backslash, which a URL parser may read as a slash.
const ILLEGAL = /[^\x21-\x7e]|\\/;
const HIDDEN = /[/\\\p{Cc}]/u;
// Some servers read `..;x` as `..`.
const DOTS = /^\.{1,2}(;|$)/;
// RFC 3986, 2.3.
const UNRESERVED = /^[A-Za-z0-9._~-]$/;
const ENCODED = /%[0-9a-f]{2}/gi;
const MALFORMED = /%(?![0-9a-f]{2})/i;
const ENCODED_ASCII = /%[0-7][0-9a-f]/gi;
// Characters that change the structure of a path when an upstream decodes the path again.
const STRUCTURE = /[./\\\p{Cc}]/u;
/** How many extra levels of percent-encoding a segment may have. Each level costs a pass over the segment. */
const MAX_LEVELS = 4;

/**
 * Decodes unreserved characters in the path of a request target (RFC 3986, 6.2.2.2). The router, the policy and the
 * upstream then get the same spelling. Example: `/%61dmin` becomes `/admin`.
 */
export function withPlainPath(url: string): string {
  const [path = ''] = url.split('?', 1);
  // Decoding `%%36%31` would create the new encoding `%61`. assertPlainPath refuses a malformed path later.
  if (MALFORMED.test(path)) return url;
  const plain = path.replace(ENCODED, (encoded) => {
    const character = characterOf(encoded);
    return UNRESERVED.test(character) ? character : encoded;
  });
  return plain + url.slice(path.length);
}

/**
 * Refuses a request target that a policy and an upstream could read as different paths.
 *
 * @param url - the request target from {@link withPlainPath}: a path, with or without a query
 * @throws BadRequestException for:
 *
 * - a target that is not a path, or that has a fragment,
 * - dot segments, empty segments, and segments that begin with `;`,
 * - backslashes, control characters, encoded slashes, and percent-encoding that is not UTF-8,
 * - dots, slashes, backslashes and control characters that are encoded twice or more.
 */
export function assertPlainPath(url: string): void {
  const [path = ''] = url.split('?', 1);
  if (!path.startsWith('/')) throw new BadRequestException('The request target must be a path');
  // A `#` in the query is refused too, because some servers end the query there.
  if (url.includes('#')) throw new BadRequestException('The request target has a fragment');
  if (ILLEGAL.test(path)) throw new BadRequestException('The path has a character that must be encoded');
  const segments = path.slice(1).split('/');
  segments.forEach((segment, index) => {
    // A trailing slash leaves an empty last segment, which is valid.
    if (segment === '' && index < segments.length - 1) {
      throw new BadRequestException('The path has an empty segment');
    }
    assertPlainSegment(decode(segment));
  });
}

function assertPlainSegment(decoded: string): void {
  if (HIDDEN.test(decoded)) {
    throw new BadRequestException('The path has an encoded slash, backslash or control character');
  }
  if (DOTS.test(decoded)) throw new BadRequestException('The path has a dot segment');
  // Some servers remove `;x`, and an empty segment remains.
  if (decoded.startsWith(';')) throw new BadRequestException('The path has a segment that begins with ";"');
  assertPlainBelow(decoded);
}

function assertPlainBelow(decoded: string, level = 1): void {
  const encoded = decoded.match(ENCODED_ASCII);
  if (encoded === null) return;
  if (level > MAX_LEVELS || STRUCTURE.test(encoded.map(characterOf).join(''))) {
    throw new BadRequestException('The path has a dot, slash or backslash that is encoded more than once');
  }
  assertPlainBelow(decoded.replace(ENCODED_ASCII, characterOf), level + 1);
}

const characterOf = (encoded: string): string => String.fromCharCode(parseInt(encoded.slice(1), 16));

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new BadRequestException('The path is not well percent-encoded');
  }
}

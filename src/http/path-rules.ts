import { BadRequestException } from '@nestjs/common';

// Beyond printable ASCII, and what a URL parser would read as something else than a path.
const ILLEGAL = /[^\x21-\x7e]|\\/;
const HIDDEN = /[/\\\p{Cc}]/u;
// Some servers read `..;x` as `..`.
const DOTS = /^\.{1,2}(;|$)/;
// RFC 3986, 2.3.
const UNRESERVED = /^[A-Za-z0-9._~-]$/;
const ENCODED = /%[0-9a-f]{2}/gi;
const MALFORMED = /%(?![0-9a-f]{2})/i;
const ENCODED_ASCII = /%[0-7][0-9a-f]/gi;
// What an upstream that decodes a path again could read another path from.
const STRUCTURE = /[./\\\p{Cc}]/u;
/** How often a segment may be encoded beyond the first time; each level costs a pass over the segment. */
const MAX_LEVELS = 4;

/**
 * Decodes what needs no encoding in the path of a request's target (RFC 3986, 6.2.2.2), so that router, policy and
 * upstream get one spelling: `/%61dmin` is `/admin` for all of them.
 */
export function withPlainPath(url: string): string {
  const [path = ''] = url.split('?', 1);
  // Decoding `%%36%31` would make an encoded character of what is none; such a path is refused.
  if (MALFORMED.test(path)) return url;
  const plain = path.replace(ENCODED, (encoded) => {
    const character = characterOf(encoded);
    return UNRESERVED.test(character) ? character : encoded;
  });
  return plain + url.slice(path.length);
}

/**
 * Refuses a request whose path two programs could read in two ways: then policy and upstream would not see the same.
 *
 * @param url - the request target as {@link withPlainPath} gives it: a path, perhaps with a query
 * @throws BadRequestException on a target that isn't a path, or has a fragment; on dot segments, empty segments, segments that begin with
 * `;`, backslashes, control characters, encoded slashes, and percent-encoding that isn't UTF-8; on dots, slashes,
 * backslashes and control characters that are encoded twice or more
 */
export function assertPlainPath(url: string): void {
  const [path = ''] = url.split('?', 1);
  if (!path.startsWith('/')) throw new BadRequestException('The request target must be a path');
  // In the query as well: some servers end it there.
  if (url.includes('#')) throw new BadRequestException('The request target has a fragment');
  if (ILLEGAL.test(path)) throw new BadRequestException('The path has a character that must be encoded');
  const segments = path.slice(1).split('/');
  segments.forEach((segment, index) => {
    // A trailing slash alone leaves an empty last segment.
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
  // Some servers take `;x` off, which leaves an empty segment.
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

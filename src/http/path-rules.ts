import { BadRequestException } from '@nestjs/common';

// Beyond printable ASCII, and what a URL parser would read as something else than a path.
const ILLEGAL = /[^\x21-\x7e]|[\\#]/;
const HIDDEN = /[/\\\p{Cc}]/u;
// Some servers read `..;x` as `..`.
const DOTS = /^\.{1,2}(;|$)/;

/**
 * Refuses a request whose path two programs could read in two ways: then policy and upstream would not see the same.
 *
 * @param url - the request target as it came: a path, perhaps with a query
 * @throws BadRequestException on a target that isn't a path; on dot segments, empty segments, backslashes, control
 * characters, encoded slashes, and percent-encoding that isn't UTF-8
 */
export function assertPlainPath(url: string): void {
  const [path = ''] = url.split('?', 1);
  if (!path.startsWith('/')) throw new BadRequestException('The request target must be a path');
  if (ILLEGAL.test(path)) throw new BadRequestException('The path has a character that must be encoded');
  const segments = path.slice(1).split('/');
  segments.forEach((segment, index) => {
    // A trailing slash alone leaves an empty last segment.
    if (segment === '' && index < segments.length - 1) {
      throw new BadRequestException('The path has an empty segment');
    }
    const decoded = decode(segment);
    if (HIDDEN.test(decoded)) {
      throw new BadRequestException('The path has an encoded slash, backslash or control character');
    }
    if (DOTS.test(decoded)) throw new BadRequestException('The path has a dot segment');
  });
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new BadRequestException('The path is not well percent-encoded');
  }
}

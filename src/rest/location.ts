import type { PublicPath } from './public-path.js';

const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;
// White space must match in one way only. Otherwise a long value blocks the event loop.
const REFRESH = /^(\s*(?:[\d.]+\s*)?(?:[;,]\s*)?url\s*=\s*)(["']?)(.*)\2\s*$/i;
// Clients resolve dot segments, read a backslash as a slash, and ignore tabs.
const UNRESOLVED = /[\t\\]|\/(\.|%2e){1,2}([/?#]|$)/i;

/** The addresses of one request to an upstream. */
export interface RequestAddress {
  /** The URL at the upstream. A relative `Location` is resolved against this URL. */
  readonly url: URL;
  readonly paths: PublicPath;
  /** The origin of `listen.publicUrl`; `undefined` without the option. */
  readonly publicOrigin: string | undefined;
}

/**
 * Rewrites a reference of the upstream, such as the value of `Location`, so that it leads through the gateway. A
 * reference to another origin stays as it is.
 *
 * - A relative reference becomes a path of the gateway.
 * - A URL on the upstream's origin becomes a URL under `listen.publicUrl`, or a path of the gateway without the option.
 */
export function publicReference(reference: string, { url, paths, publicOrigin }: RequestAddress): string {
  const target = URL.canParse(reference, url.href) ? new URL(reference, url) : undefined;
  if (target?.origin !== url.origin) return reference;
  // Only a path without dot segments keeps all of its bytes. Dot segments could lead out of the upstream's public path.
  const pathOf = (path: string): string =>
    paths.of(UNRESOLVED.test(path) ? target.pathname + target.search + target.hash : path);
  const [origin] = ABSOLUTE.exec(reference) ?? [];
  if (origin !== undefined) {
    // The part after the origin may be a query alone.
    const path = reference.slice(origin.length).replace(/^(?!\/)/, '/');
    return (publicOrigin ?? '') + pathOf(path);
  }
  const isFromRoot = /^\/(?!\/)/.test(reference);
  return pathOf(isFromRoot ? reference : target.pathname + target.search + target.hash);
}

/** Rewrites the URL in the value of a `Refresh` header, as {@link publicReference} does. */
export function publicRefresh(value: string, address: RequestAddress): string {
  const [, start, quote = '', reference] = REFRESH.exec(value) ?? [];
  if (start === undefined || reference === undefined) return value;
  return start + quote + publicReference(reference, address) + quote;
}

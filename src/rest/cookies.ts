import type { RequestAddress } from './location.js';
import { isBelow } from './public-path.js';
import type { PublicPath } from './public-path.js';

const ATTRIBUTE = /^\s*(path|domain)\s*=/i;
/** Clients accept such a cookie only with `Path=/` and without `Domain` (RFC 6265bis, 4.1.3.2). */
const HOST_PREFIX = /^\s*__host-/i;

/**
 * Rewrites a `Set-Cookie` of the upstream for the gateway's origin:
 *
 * - `Path` becomes the path at the gateway.
 * - `Domain` with the upstream's host is removed, because the client knows the gateway's host only.
 * - A cookie of the upstream's root without a `Path` gets the upstream's path at the gateway. The client's default for
 *   `/api/orders` is `/api`, so that the client would send the cookie to all upstreams.
 *
 * All other bytes stay the same. A `__Host-` cookie keeps its path, because clients would refuse another path.
 */
export function publicCookie(cookie: string, { url, paths }: RequestAddress): string {
  const [pair = '', ...attributes] = cookie.split(';');
  const rewritten = attributes.flatMap((attribute) => {
    const { name, value } = read(attribute);
    if (name === 'domain') return isHost(value, url.hostname) ? [] : [attribute];
    const isPath = name === 'path' && value.startsWith('/') && !HOST_PREFIX.test(pair);
    return isPath ? [attribute.replace(value, () => cookiePath(value, paths))] : [attribute];
  });
  // The last `Path` counts. Clients use their default for a value that is no path (RFC 6265, 5.2.4).
  const lastPath = attributes.map(read).findLast(({ name }) => name === 'path');
  const hasDefault = url.pathname === `${paths.basePath}/` && lastPath?.value.startsWith('/') !== true;
  return [pair, ...rewritten, ...(hasDefault ? [` Path=${paths.prefix}`] : [])].join(';');
}

function read(attribute: string): { readonly name: string; readonly value: string } {
  const [start = '', name = ''] = ATTRIBUTE.exec(attribute) ?? [];
  return { name: name.toLowerCase(), value: attribute.slice(start.length).trim() };
}

// Clients ignore a dot in front of the domain (RFC 6265, 5.2.3).
const isHost = (domain: string, host: string): boolean =>
  domain.replace(/^\./, '').toLowerCase() === host.replace(/^\[|\]$/g, '').toLowerCase();

function cookiePath(path: string, paths: PublicPath): string {
  // Such a path covers the whole upstream.
  const isWhole = isBelow(paths.basePath, path.replace(/\/$/, ''));
  return isWhole ? paths.prefix : paths.of(path);
}

import { isBelow } from './public-path.js';
import type { PublicPath } from './public-path.js';

const ATTRIBUTE = /^(\s*)(path|domain)(\s*=\s*)(.*?)(\s*)$/i;
/** Clients accept such a cookie only with `Path=/` and without `Domain` (RFC 6265bis, 4.1.3.2). */
const HOST_PREFIX = /^\s*__host-/i;

/**
 * Rewrites a `Set-Cookie` of the upstream for the gateway's origin:
 *
 * - `Path` becomes the path at the gateway.
 * - `Domain` with the upstream's host is removed, because the client knows the gateway's host only.
 *
 * All other bytes stay the same. A `__Host-` cookie keeps its path, because clients would refuse another path.
 */
export function publicCookie(cookie: string, paths: PublicPath, upstreamHost: string): string {
  const [pair = '', ...attributes] = cookie.split(';');
  const rewritten = attributes.flatMap((attribute) => {
    const [, before = '', name = '', equals = '', value = '', after = ''] = ATTRIBUTE.exec(attribute) ?? [];
    if (/^domain$/i.test(name)) return isHost(value, upstreamHost) ? [] : [attribute];
    const isPath = /^path$/i.test(name) && value.startsWith('/') && !HOST_PREFIX.test(pair);
    return isPath ? [before + name + equals + cookiePath(value, paths) + after] : [attribute];
  });
  return [pair, ...rewritten].join(';');
}

// Clients ignore a dot in front of the domain (RFC 6265, 5.2.3).
const isHost = (domain: string, host: string): boolean =>
  domain.replace(/^\./, '').toLowerCase() === host.replace(/^\[|\]$/g, '').toLowerCase();

function cookiePath(path: string, paths: PublicPath): string {
  // Such a path covers the whole upstream.
  const isWhole = isBelow(paths.basePath, path.replace(/\/$/, ''));
  return isWhole ? paths.prefix : paths.of(path);
}

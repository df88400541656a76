/** A resource's URI, normalized for comparison. */
export interface ResourceUri {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
  readonly path: string;
  /** The parameters of the query; empty without a query. */
  readonly query: readonly string[];
}

const PARTS = /^([a-z][a-z0-9+.-]*):(\/\/([^/?#]*))?/i;

/**
 * Parses and normalizes a URI by RFC 3986 6.2.2 and 6.2.3, with WHATWG's rules for hosts, so that every spelling of a URI
 * gives the same value. User name, password and fragment are ignored.
 *
 * @returns `undefined` for a text that is no URI, a URI without a scheme, and `http(s)` without `//` and a host
 */
export function parseResourceUri(text: string): ResourceUri | undefined {
  const [, prefix, , authority = ''] = PARTS.exec(text) ?? [];
  if (prefix === undefined || !URL.canParse(text) || authority.split('@').length > 2) return undefined;
  const scheme = prefix.toLowerCase();
  if (/^https?$/.test(scheme) && /^(\\|$)/.test(authority)) return undefined;
  const { hostname, port, pathname, search } = new URL(text);
  return {
    scheme,
    host: withoutNeedlessEscapes(hostname).toLowerCase().replace(/\.$/, ''),
    port,
    path: normalized(pathOf(scheme, pathname, text)),
    query: search === '' ? [] : normalized(search.slice(1)).split('&'),
  };
}

/**
 * Tells whether two programs could read a URI differently, because it holds a backslash, a broken escape, or a character
 * that is not printable ASCII.
 */
export function isAmbiguous(text: string): boolean {
  return /[^\x21-\x7e]|\\|%(?![0-9a-f]{2})/i.test(text);
}

/**
 * Tells whether an entry covers a URI. Scheme, host and port must be the same.
 *
 * - An entry without a query covers its path, the paths below it (by whole segments), and any query.
 * - An entry with a query covers its path with a query that has at least the same parameters, in any order.
 */
export function covers(entry: ResourceUri, uri: ResourceUri): boolean {
  if (entry.scheme !== uri.scheme || entry.host !== uri.host || entry.port !== uri.port) return false;
  if (entry.query.length > 0) {
    return entry.path === uri.path && entry.query.every((parameter) => uri.query.includes(parameter));
  }
  const base = entry.path.replace(/\/$/, '');
  return uri.path === base || uri.path.startsWith(`${base}/`);
}

function pathOf(scheme: string, pathname: string, text: string): string {
  // A program that opens a file decodes encoded slashes, and reads several slashes as one.
  if (scheme === 'file') return withoutDots(pathname.replace(/%2f/gi, '/').replace(/\/+/g, '/'));
  const empty = pathname === '' && text.startsWith('//', scheme.length + 1);
  return empty ? '/' : withoutDots(pathname);
}

// The URL class does not resolve dot segments in a path without a leading slash, such as `urn:a/../b`.
function withoutDots(path: string): string {
  return path.startsWith('/')
    ? new URL(`any://host${path}`).pathname
    : new URL(`any://host/${path}`).pathname.slice(1);
}

// RFC 3986 forbids these characters in a path or query, but the URL class does not escape them.
function normalized(text: string): string {
  return withoutNeedlessEscapes(text.replace(/["<>[\]^`{|}]/g, (character) => escaped(character)));
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function withoutNeedlessEscapes(text: string): string {
  return text.replace(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : escape.toUpperCase();
  });
}

/** A resource's URI, normalised for comparison. */
export interface ResourceUri {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
  readonly path: string;
  /** The parameters of the query; empty without one. */
  readonly query: readonly string[];
}

const PARTS = /^([a-z][a-z0-9+.-]*):(\/\/([^/?#]*))?/i;

/**
 * Takes a URI apart and normalises it: RFC 3986 6.2.2 and 6.2.3, with WHATWG's reading of hosts, so that every way to
 * write one is the same. User name, password and fragment don't count.
 *
 * @returns `undefined` for a URI without a scheme, one that can't be parsed, and `http(s)` without `//` and a host
 */
export function parseResourceUri(text: string): ResourceUri | undefined {
  const [, given, , authority = ''] = PARTS.exec(text) ?? [];
  if (given === undefined || !URL.canParse(text) || authority.split('@').length > 2) return undefined;
  const scheme = given.toLowerCase();
  if (/^https?$/.test(scheme) && /^(\\|$)/.test(authority)) return undefined;
  const { hostname, port, pathname, search } = new URL(text);
  return {
    scheme,
    host: withoutNeedlessEscapes(hostname).toLowerCase().replace(/\.$/, ''),
    port,
    path: normalised(pathOf(scheme, pathname, text)),
    query: search === '' ? [] : normalised(search.slice(1)).split('&'),
  };
}

/** Tells whether a URI has what two readers take differently: a backslash, anything but printable ASCII, a broken escape. */
export function isAmbiguous(text: string): boolean {
  return /[^\x21-\x7e]|\\|%(?![0-9a-f]{2})/i.test(text);
}

/**
 * Tells whether a URI is the entry's, or lies below it: on the same scheme, host and port, by whole path segments, or
 * with a query. An entry with a query covers what has its parameters, in any order and beside others.
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
  // Whoever opens a file decodes its slashes, and takes several for one.
  if (scheme === 'file') return withoutDots(pathname.replace(/%2f/gi, '/').replace(/\/+/g, '/'));
  const empty = pathname === '' && text.startsWith('//', scheme.length + 1);
  return empty ? '/' : withoutDots(pathname);
}

// The URL class leaves the dots of a path without a leading slash (`urn:a/../b`) alone.
function withoutDots(path: string): string {
  return path.startsWith('/')
    ? new URL(`any://host${path}`).pathname
    : new URL(`any://host/${path}`).pathname.slice(1);
}

// What a path or query can't hold unescaped, though the URL class lets it pass.
function normalised(text: string): string {
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

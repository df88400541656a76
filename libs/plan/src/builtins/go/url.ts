import { isIP, isIPv6 } from 'node:net';
import { bytesOf } from './bytes.js';
import { GoError } from './error.js';
import { escapeError, percent, percentDecode } from './query.js';
import { goQuote } from './quote.js';

/** A URL as Go's `url.Parse` splits it. An absent part is empty. */
export interface GoUrl {
  readonly scheme: string;
  /** The text after the scheme, if it does not begin with a slash. */
  readonly opaque: string;
  /** The raw name and password before the host. Undefined when the URL has none. */
  readonly user: string | undefined;
  /** The host with its port. */
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  readonly path: string;
  /** The raw path, if Go would write the path differently. */
  readonly rawPath: string;
  /** Whether a path follows the scheme without the slashes of a host. */
  readonly omitHost: boolean;
  readonly rawQuery: string;
  /** Whether the URL ends in the question mark of an empty query. */
  readonly forceQuery: boolean;
  readonly fragment: string;
  /** The raw fragment, if Go would write the fragment differently. */
  readonly rawFragment: string;
}

const PATH_CHARACTERS = /[A-Za-z0-9$&+,./:;=@_~-]/;
const FRAGMENT_CHARACTERS = /[A-Za-z0-9!$&'()*+,./:;=?@_~-]/;
const HOST_CHARACTERS = /[A-Za-z0-9!"$&'()*+,.:;<=>[\]_~-]/;
const WRITTEN_PATH = /^[A-Za-z0-9!$&'()*+,./:;=@[\]_~%-]*$/;
const USER_INFO = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;

const NO_URL: GoUrl = {
  scheme: '',
  opaque: '',
  user: undefined,
  host: '',
  hostname: '',
  port: '',
  path: '',
  rawPath: '',
  omitHost: false,
  rawQuery: '',
  forceQuery: false,
  fragment: '',
  rawFragment: '',
};

/** Go's `url.Parse`. */
export function parseUrl(raw: string): GoUrl {
  const hash = raw.indexOf('#');
  const main = hash < 0 ? raw : raw.slice(0, hash);
  const url = reportAs(main, () => parseMain(main));
  if (hash < 0) return url;
  const written = raw.slice(hash + 1);
  const fragment = reportAs(raw, () => percentDecode(written));
  return {
    ...url,
    fragment,
    rawFragment: escapeText(fragment, FRAGMENT_CHARACTERS) === written ? '' : written,
  };
}

function reportAs<Result>(url: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw error instanceof GoError ? new GoError(`parse ${goQuote(url)}: ${error.message}`) : error;
  }
}

function parseMain(raw: string): GoUrl {
  if ([...bytesOf(raw)].some((byte) => byte < 0x20 || byte === 0x7f)) {
    throw new GoError('net/url: invalid control character in URL');
  }
  if (raw === '*') return { ...NO_URL, path: '*' };
  const [scheme, afterScheme] = splitScheme(raw);
  const question = afterScheme.indexOf('?');
  let rest = question < 0 ? afterScheme : afterScheme.slice(0, question);
  const rawQuery = question < 0 ? '' : afterScheme.slice(question + 1);
  const forceQuery = question >= 0 && rawQuery === '';
  const url = { ...NO_URL, scheme, rawQuery, forceQuery };
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { ...url, opaque: rest };
    if ((rest.split('/')[0] ?? '').includes(':')) {
      throw new GoError('first path segment in URL cannot contain colon');
    }
  }
  let authority = { user: NO_URL.user, host: '' };
  let omitHost = false;
  if (rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))) {
    const slash = rest.indexOf('/', 2);
    authority = parseAuthority(scheme, slash < 0 ? rest.slice(2) : rest.slice(2, slash));
    rest = slash < 0 ? '' : rest.slice(slash);
  } else {
    omitHost = scheme !== '' && rest.startsWith('/');
  }
  const path = percentDecode(rest);
  const rawPath = escapePath(path) === rest ? '' : rest;
  return { ...url, ...authority, ...splitPort(authority.host), path, rawPath, omitHost };
}

function splitScheme(raw: string): [scheme: string, rest: string] {
  if (raw.startsWith(':')) throw new GoError('missing protocol scheme');
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(raw);
  return match?.[1] === undefined ? ['', raw] : [match[1].toLowerCase(), raw.slice(match[0].length)];
}

function parseAuthority(scheme: string, authority: string): Pick<GoUrl, 'user' | 'host'> {
  const at = authority.lastIndexOf('@');
  const host = parseHost(scheme, authority.slice(at + 1));
  if (at < 0) return { user: undefined, host };
  const user = authority.slice(0, at);
  if (!USER_INFO.test(user)) throw new GoError('net/url: invalid userinfo');
  const colon = user.indexOf(':');
  percentDecode(colon < 0 ? user : user.slice(0, colon));
  if (colon >= 0) percentDecode(user.slice(colon + 1));
  return { user, host };
}

function parseHost(scheme: string, host: string): string {
  const bracket = host.lastIndexOf('[');
  if (bracket > 0) throw new GoError('invalid IP-literal');
  if (bracket === 0) return parseBracketHost(host);
  const first = host.indexOf(':');
  if (first >= 0) {
    // Go allows several colons in other schemes than http, for lists of database hosts.
    const isStrict = scheme === 'http' || scheme === 'https';
    checkPort(host.slice(isStrict ? first : host.lastIndexOf(':')));
  }
  return decodeHost(host);
}

function parseBracketHost(host: string): string {
  const close = host.lastIndexOf(']');
  if (close < 0) throw new GoError("missing ']' in host");
  const port = host.slice(close + 1);
  checkPort(port);
  const name = host.slice(1, close);
  const zone = name.indexOf('%25');
  const address = decodeHost(zone < 0 ? name : name.slice(0, zone));
  const zoneName = zone < 0 ? '' : decodeZone(name.slice(zone));
  if (!isIPv6(address) || zoneName === '%') {
    const isV4 = isIP(address) === 4;
    throw new GoError(
      isV4 ? 'invalid IP-literal' : `invalid host: ParseAddr(${goQuote(address)}): unable to parse IP`,
    );
  }
  return `[${address}${zoneName}]${port}`;
}

function checkPort(colonPort: string): void {
  if (colonPort !== '' && !/^:\d*$/.test(colonPort)) {
    throw new GoError(`invalid port ${goQuote(colonPort)} after host`);
  }
}

/** Decodes a host. Only bytes beyond ASCII may be escaped there. */
function decodeHost(host: string): string {
  for (const [escape] of host.matchAll(/%[0-7][0-9a-fA-F]/g)) {
    if (escape !== '%25') throw escapeError(escape);
  }
  checkHostCharacters(host);
  return percentDecode(host);
}

function decodeZone(zone: string): string {
  for (const [escape, hex = ''] of zone.matchAll(/%([0-9a-fA-F]{2})/g)) {
    const char = String.fromCharCode(Number.parseInt(hex, 16));
    if (escape !== '%25' && char !== ' ' && !HOST_CHARACTERS.test(char)) throw escapeError(escape);
  }
  checkHostCharacters(zone);
  return percentDecode(zone);
}

function checkHostCharacters(host: string): void {
  for (const char of host.replace(/%[0-9a-fA-F]{2}/g, '')) {
    if (char !== '%' && char <= '\x7f' && !HOST_CHARACTERS.test(char)) {
      throw new GoError(`invalid character ${goQuote(char)} in host name`);
    }
  }
}

function splitPort(host: string): { readonly hostname: string; readonly port: string } {
  const match = /^(.*):(\d*)$/s.exec(host);
  const name = match?.[1] ?? host;
  const hostname = name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name;
  return { hostname, port: match?.[2] ?? '' };
}

function escapePath(path: string): string {
  return escapeText(path, PATH_CHARACTERS);
}

function escapeText(text: string, allowed: RegExp): string {
  let escaped = '';
  for (const byte of bytesOf(text)) {
    const char = String.fromCharCode(byte);
    escaped += byte < 0x80 && allowed.test(char) ? char : percent(byte);
  }
  return escaped;
}

/** Go's `URL.String`. */
export function urlText(url: GoUrl): string {
  const { scheme, host, user } = url;
  let text = scheme === '' ? '' : `${scheme}:`;
  if (url.opaque !== '') {
    text += url.opaque;
  } else {
    const hasHost = host !== '' || user !== undefined;
    if (hasHost || (scheme !== '' && !url.omitHost && url.path !== '')) text += '//';
    text += user === undefined ? '' : `${user}@`;
    const path = WRITTEN_PATH.test(url.rawPath) && url.rawPath !== '' ? url.rawPath : escapePath(url.path);
    text += escapeText(host, HOST_CHARACTERS) + path;
  }
  if (url.forceQuery || url.rawQuery !== '') text += `?${url.rawQuery}`;
  return url.fragment === ''
    ? text
    : `${text}#${url.rawFragment || escapeText(url.fragment, FRAGMENT_CHARACTERS)}`;
}

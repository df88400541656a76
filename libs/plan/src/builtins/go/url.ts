import { isIP, isIPv6 } from 'node:net';
import { bytesOf } from './bytes.js';
import { GoError } from './error.js';
import { escapeError, percent, percentDecode } from './query.js';
import { goQuote } from './quote.js';

/** A URL as Go's `url.Parse` splits it. An absent part is empty. */
export interface GoUrl {
  readonly scheme: string;
  readonly hostname: string;
  readonly port: string;
  readonly path: string;
  /** The path as it was written, when Go would write it otherwise. */
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly fragment: string;
}

const PATH_CHARACTERS = /[A-Za-z0-9$&+,./:;=@_~-]/;
const HOST_CHARACTERS = /[A-Za-z0-9!"$&'()*+,.:;<=>[\]_~-]/;
const USER_INFO = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;

/** Go's `url.Parse`. */
export function parseUrl(raw: string): GoUrl {
  const hash = raw.indexOf('#');
  const main = hash < 0 ? raw : raw.slice(0, hash);
  const url = reportAs(main, () => parseMain(main));
  if (hash < 0) return url;
  return { ...url, fragment: reportAs(raw, () => percentDecode(raw.slice(hash + 1))) };
}

function reportAs<Result>(url: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw error instanceof GoError ? new GoError(`parse ${goQuote(url)}: ${error.message}`) : error;
  }
}

function parseMain(raw: string): GoUrl {
  const empty = { scheme: '', hostname: '', port: '', path: '', rawPath: '', rawQuery: '', fragment: '' };
  if ([...bytesOf(raw)].some((byte) => byte < 0x20 || byte === 0x7f)) {
    throw new GoError('net/url: invalid control character in URL');
  }
  if (raw === '*') return { ...empty, path: '*' };
  const [scheme, afterScheme] = splitScheme(raw);
  const question = afterScheme.indexOf('?');
  let rest = question < 0 ? afterScheme : afterScheme.slice(0, question);
  const url = { ...empty, scheme, rawQuery: question < 0 ? '' : afterScheme.slice(question + 1) };
  if (!rest.startsWith('/')) {
    if (scheme !== '') return url;
    if ((rest.split('/')[0] ?? '').includes(':')) {
      throw new GoError('first path segment in URL cannot contain colon');
    }
  }
  let host = '';
  if (rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))) {
    const slash = rest.indexOf('/', 2);
    host = parseAuthority(scheme, slash < 0 ? rest.slice(2) : rest.slice(2, slash));
    rest = slash < 0 ? '' : rest.slice(slash);
  }
  const path = percentDecode(rest);
  return { ...url, ...splitPort(host), path, rawPath: escapePath(path) === rest ? '' : rest };
}

function splitScheme(raw: string): [scheme: string, rest: string] {
  if (raw.startsWith(':')) throw new GoError('missing protocol scheme');
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(raw);
  return match?.[1] === undefined ? ['', raw] : [match[1].toLowerCase(), raw.slice(match[0].length)];
}

function parseAuthority(scheme: string, authority: string): string {
  const at = authority.lastIndexOf('@');
  const host = parseHost(scheme, authority.slice(at + 1));
  if (at < 0) return host;
  const user = authority.slice(0, at);
  if (!USER_INFO.test(user)) throw new GoError('net/url: invalid userinfo');
  const colon = user.indexOf(':');
  percentDecode(colon < 0 ? user : user.slice(0, colon));
  if (colon >= 0) percentDecode(user.slice(colon + 1));
  return host;
}

function parseHost(scheme: string, host: string): string {
  const bracket = host.lastIndexOf('[');
  if (bracket > 0) throw new GoError('invalid IP-literal');
  if (bracket === 0) return parseBracketHost(host);
  const first = host.indexOf(':');
  if (first >= 0) {
    // Go allows several colons outside of http, for lists of database hosts.
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

/** In a host only bytes beyond ASCII may be escaped. */
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
  let escaped = '';
  for (const byte of bytesOf(path)) {
    const char = String.fromCharCode(byte);
    escaped += byte < 0x80 && PATH_CHARACTERS.test(char) ? char : percent(byte);
  }
  return escaped;
}

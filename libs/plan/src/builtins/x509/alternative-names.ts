import type { Value } from '../../values/index.js';
import { attempt } from '../failure.js';
import { GoError } from '../go/error.js';
import { addressText } from '../go/ip.js';
import { goQuote } from '../go/quote.js';
import type { GoUrl } from '../go/url.js';
import { parseUrl } from '../go/url.js';
import { contextTag, DerReader, TAG } from './der.js';
import { ia5Text } from './names.js';

/** The alternative names of a certificate's subject. */
export interface AlternativeNames {
  readonly dns: string[];
  readonly emails: string[];
  readonly addresses: Buffer[];
  readonly uris: GoUrl[];
}

const NAME = { email: 1, dns: 2, uri: 6, ip: 7 } as const;
const V4_LENGTH = 4;
const V6_LENGTH = 16;
const LABEL = /^[!-~]+$/;

/** No names. */
export function noNames(): AlternativeNames {
  return { dns: [], emails: [], addresses: [], uris: [] };
}

/** Reads the extension of alternative names. */
export function parseAlternativeNames(value: Buffer): AlternativeNames {
  const names = noNames();
  const reader = new DerReader(value).enter(TAG.sequence, 'x509: invalid subject alternative names');
  while (!reader.isEmpty) {
    const { tag, content } = reader.any('x509: invalid subject alternative name');
    addName(names, tag, content);
  }
  return names;
}

function addName(names: AlternativeNames, tag: number, content: Buffer): void {
  switch (tag) {
    case contextTag(NAME.email):
      names.emails.push(ia5Text(content, 'x509: SAN rfc822Name is malformed'));
      break;
    case contextTag(NAME.dns):
      names.dns.push(ia5Text(content, 'x509: SAN dNSName is malformed'));
      break;
    case contextTag(NAME.uri):
      names.uris.push(parseUri(ia5Text(content, 'x509: SAN uniformResourceIdentifier is malformed')));
      break;
    case contextTag(NAME.ip):
      if (content.length !== V4_LENGTH && content.length !== V6_LENGTH) {
        throw new GoError(`x509: cannot parse IP address of length ${content.length}`);
      }
      names.addresses.push(content);
      break;
  }
}

/** Whether a text may be a domain. In a constraint a domain may begin with a dot. */
export function isDomain(text: string, isConstraint: boolean): boolean {
  if (text === '') return true;
  const name = isConstraint && text.startsWith('.') ? text.slice(1) : text;
  return name.split('.').every((label) => LABEL.test(label));
}

/** The lists of names as Go writes them in JSON. An empty list is null. */
export function alternativeNamesValue(names: AlternativeNames): Record<string, Value> {
  return {
    DNSNames: listOrNull(names.dns),
    EmailAddresses: listOrNull(names.emails),
    IPAddresses: listOrNull(names.addresses.map((address) => addressText([...address]))),
    URIs: listOrNull(names.uris.map(uriValue)),
  };
}

/** A list, or null when it is empty: in Go a slice without an append is nil. */
export function listOrNull(list: Value[]): Value {
  return list.length === 0 ? null : list;
}

function parseUri(text: string): GoUrl {
  const prefix = `x509: cannot parse URI ${goQuote(text)}: `;
  const parsed = attempt(() => parseUrl(text));
  if (!parsed) throw new GoError(`${prefix}it is no URL`);
  if (!isDomain(parsed[0].host, false)) throw new GoError(`${prefix}invalid domain`);
  return parsed[0];
}

function uriValue(uri: GoUrl): Value {
  return {
    ForceQuery: uri.forceQuery,
    Fragment: uri.fragment,
    Host: uri.host,
    OmitHost: uri.omitHost,
    Opaque: uri.opaque,
    Path: uri.path,
    RawFragment: uri.rawFragment,
    RawPath: uri.rawPath,
    RawQuery: uri.rawQuery,
    Scheme: uri.scheme,
    User: uri.user === undefined ? null : {},
  };
}

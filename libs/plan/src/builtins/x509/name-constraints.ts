import type { Value } from '../../values/index.js';
import { GoError } from '../go/error.js';
import { addressText, parseAddress } from '../go/ip.js';
import { goQuote } from '../go/quote.js';
import { isDomain, listOrNull } from './alternative-names.js';
import { contextTag, DerReader, TAG } from './der.js';
import { parseMailbox } from './mailbox.js';
import { ia5Text } from './names.js';

/** A network of addresses, as bytes. */
export interface NetworkConstraint {
  readonly address: Buffer;
  readonly mask: Buffer;
}

/** The names of a constraint. */
export interface Subtrees {
  readonly dns: string[];
  readonly emails: string[];
  readonly networks: NetworkConstraint[];
  readonly uris: string[];
}

/** The names that an authority may certify, and the names that it may not. */
export interface NameConstraints {
  readonly permitted: Subtrees;
  readonly excluded: Subtrees;
  readonly isCritical: boolean;
  /** Whether a constraint is about a kind of name that Go does not know. */
  readonly hasUnknown: boolean;
}

const PROBLEM = 'x509: invalid NameConstraints extension';
const NAME = { email: 1, dns: 2, uri: 6, ip: 7 } as const;
const MASK = /^1*0*$/;

/** Reads the extension of name constraints. */
export function parseNameConstraints(value: Buffer, isCritical: boolean): NameConstraints {
  const outer = new DerReader(value);
  const reader = outer.enter(TAG.sequence, PROBLEM);
  const permitted = reader.optional(contextTag(0, true), PROBLEM) ?? Buffer.alloc(0);
  const excluded = reader.optional(contextTag(1, true), PROBLEM) ?? Buffer.alloc(0);
  if (!outer.isEmpty || !reader.isEmpty) throw new GoError(PROBLEM);
  if (permitted.length + excluded.length === 0) throw new GoError('x509: empty name constraints extension');
  const first = parseSubtrees(permitted);
  const second = parseSubtrees(excluded);
  return {
    permitted: first.subtrees,
    excluded: second.subtrees,
    isCritical,
    hasUnknown: first.hasUnknown || second.hasUnknown,
  };
}

/** The constraints' fields as Go writes them in JSON. */
export function nameConstraintsValue(constraints: NameConstraints | undefined): Record<string, Value> {
  return {
    PermittedDNSDomainsCritical: constraints?.isCritical ?? false,
    ...subtreesValue('Permitted', constraints?.permitted),
    ...subtreesValue('Excluded', constraints?.excluded),
  };
}

function subtreesValue(prefix: string, subtrees: Subtrees | undefined): Record<string, Value> {
  const networks = (subtrees?.networks ?? []).map(({ address, mask }) => ({
    IP: addressText([...address]),
    Mask: mask.toString('base64'),
  }));
  return {
    [`${prefix}DNSDomains`]: listOrNull(subtrees?.dns ?? []),
    [`${prefix}EmailAddresses`]: listOrNull(subtrees?.emails ?? []),
    [`${prefix}IPRanges`]: listOrNull(networks),
    [`${prefix}URIDomains`]: listOrNull(subtrees?.uris ?? []),
  };
}

function parseSubtrees(content: Buffer): { readonly subtrees: Subtrees; readonly hasUnknown: boolean } {
  const subtrees: Subtrees = { dns: [], emails: [], networks: [], uris: [] };
  let hasUnknown = false;
  const reader = new DerReader(content);
  while (!reader.isEmpty) {
    const { tag, content: name } = reader.enter(TAG.sequence, PROBLEM).any(PROBLEM);
    hasUnknown = !addConstraint(subtrees, tag, name) || hasUnknown;
  }
  return { subtrees, hasUnknown };
}

function addConstraint(subtrees: Subtrees, tag: number, content: Buffer): boolean {
  switch (tag) {
    case contextTag(NAME.dns):
      subtrees.dns.push(domainOf(content, 'dnsName'));
      return true;
    case contextTag(NAME.email):
      subtrees.emails.push(emailOf(content));
      return true;
    case contextTag(NAME.uri):
      subtrees.uris.push(uriDomainOf(content));
      return true;
    case contextTag(NAME.ip):
      subtrees.networks.push(networkOf(content));
      return true;
    default:
      return false;
  }
}

function textOf(content: Buffer): string {
  return ia5Text(content, 'x509: invalid constraint value: invalid IA5String');
}

function domainOf(content: Buffer, kind: string): string {
  const domain = textOf(content);
  if (!isDomain(domain, true))
    throw new GoError(`x509: failed to parse ${kind} constraint ${goQuote(domain)}`);
  return domain;
}

function emailOf(content: Buffer): string {
  const text = textOf(content);
  if (!text.includes('@')) return domainOf(content, 'rfc822Name');
  if (!parseMailbox(text)) throw new GoError(`x509: failed to parse rfc822Name constraint ${goQuote(text)}`);
  return text;
}

function uriDomainOf(content: Buffer): string {
  const text = textOf(content);
  if (parseAddress(text)) {
    throw new GoError(`x509: failed to parse URI constraint ${goQuote(text)}: cannot be IP address`);
  }
  return domainOf(content, 'URI');
}

function networkOf(content: Buffer): NetworkConstraint {
  if (content.length !== 8 && content.length !== 32) {
    throw new GoError(`x509: IP constraint contained value of length ${content.length}`);
  }
  const address = content.subarray(0, content.length / 2);
  const mask = content.subarray(content.length / 2);
  const bits = [...mask].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  if (!MASK.test(bits))
    throw new GoError(`x509: IP constraint contained invalid mask ${mask.toString('hex')}`);
  return { address, mask };
}

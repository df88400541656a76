import type { Address } from '../go/ip.js';
import { parseAddress, toV4 } from '../go/ip.js';
import type { AlternativeNames } from './alternative-names.js';

const LABEL = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/;

/** Whether the names of a certificate cover a host. The host is an address, or a name that a wildcard may match. */
export function coversHost(names: AlternativeNames, host: string): boolean {
  const address = parseAddress(/^\[.+\]$/s.test(host) ? host.slice(1, -1) : host);
  if (address) return names.addresses.some((known) => sameAddress([...known], address));
  const wanted = lowerAscii(host);
  const isHost = isHostname(wanted, false);
  return names.dns.some((pattern) =>
    isHost && isHostname(pattern, true) ? matches(pattern, wanted) : matchesExactly(pattern, wanted),
  );
}

function sameAddress(left: Address, right: Address): boolean {
  return (toV4(left) ?? left).join('.') === (toV4(right) ?? right).join('.');
}

function isHostname(host: string, isPattern: boolean): boolean {
  const name = isPattern ? host : host.replace(/\.$/, '');
  if (name === '*') return false;
  const [first = '', ...rest] = name.split('.');
  return ((isPattern && first === '*') || LABEL.test(first)) && rest.every((label) => LABEL.test(label));
}

function matches(pattern: string, host: string): boolean {
  const labels = host.replace(/\.$/, '').split('.');
  const patterns = lowerAscii(pattern).split('.');
  return (
    labels.length === patterns.length &&
    patterns.every((label, index) => (index === 0 && label === '*') || label === labels[index])
  );
}

function matchesExactly(pattern: string, host: string): boolean {
  const isEmpty = [pattern, host].some((name) => name === '' || name === '.');
  return !isEmpty && lowerAscii(pattern) === host;
}

/** A text with the ASCII letters in lower case. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

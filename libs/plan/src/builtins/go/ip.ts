import { GoError } from './error.js';

/** The bytes of an address: 4, or 16. Go keeps an IPv4 address in either. */
export type Address = readonly number[];

/** A network: an address and the length of its prefix, out of 32 or 128 bits. */
export interface Network {
  readonly address: Address;
  readonly prefix: number;
  readonly bits: 32 | 128;
}

const MAPPED_PREFIX: Address = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
const V4 = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;

/** Go's `net.ParseIP`: 16 bytes, or undefined. */
export function parseAddress(text: string): Address | undefined {
  return text.includes(':') ? parseV6(text) : mapped(parseV4(text));
}

/** Go's `net.ParseCIDR`: the address as it was written, and its network. */
export function parseNetwork(text: string): { readonly address: Address; readonly network: Network } {
  const slash = text.indexOf('/');
  const host = slash < 0 ? '' : text.slice(0, slash);
  const address = parseAddress(host);
  const bits = host.includes(':') ? 128 : 32;
  const digits = slash < 0 ? '' : text.slice(slash + 1);
  const prefix = /^\d{1,9}$/.test(digits) ? Number(digits) : Infinity;
  if (!address || prefix > bits) throw new GoError(`invalid CIDR address: ${text}`);
  const bytes = bits === 32 ? address.slice(12) : address;
  return { address, network: { address: masked(bytes, prefix), prefix, bits } };
}

/** The four bytes of an IPv4 address, or undefined for any other. */
export function toV4(address: Address): Address | undefined {
  if (address.length === 4) return address;
  return MAPPED_PREFIX.every((byte, index) => address[index] === byte) ? address.slice(12) : undefined;
}

/** An address with zeros behind its prefix. */
export function masked(address: Address, prefix: number): Address {
  return address.map((byte, index) => byte & maskByte(prefix - index * 8));
}

/** Go's `IPNet.Contains`. */
export function networkContains(network: Network, address: Address): boolean {
  const { number, prefix } = numberAndPrefix(network);
  const bytes = toV4(address) ?? address;
  return (
    bytes.length === number.length &&
    number.every((byte, index) => sameBits(byte, bytes[index] ?? 0, prefix - index * 8))
  );
}

/** The address of a network, in four bytes for IPv4, and the length of its prefix. */
export function numberAndPrefix({ address, prefix, bits }: Network): {
  readonly number: Address;
  readonly prefix: number;
} {
  const v4 = toV4(address);
  return { number: v4 ?? address, prefix: v4 && bits === 128 ? Math.max(prefix - 96, 0) : prefix };
}

/** Go's `IPNet.String`. */
export function networkText(network: Network): string {
  const { number, prefix } = numberAndPrefix(network);
  return `${addressText(number)}/${prefix}`;
}

/** Go's `IP.String`: IPv4 with dots, IPv6 by RFC 5952. */
export function addressText(address: Address): string {
  const v4 = toV4(address);
  if (v4) return v4.join('.');
  const groups = Array.from(
    { length: 8 },
    (_, index) => ((address[index * 2] ?? 0) << 8) | (address[index * 2 + 1] ?? 0),
  );
  const { start, length } = longestZeros(groups);
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return length < 2 ? text(0, 8) : `${text(0, start)}::${text(start + length, 8)}`;
}

/** An address as an integer of 128 bits. IPv4 addresses are mapped ones. */
export function toInteger(address: Address): bigint {
  const bytes = address.length === 4 ? [...MAPPED_PREFIX, ...address] : address;
  return BigInt('0x' + Buffer.from(bytes).toString('hex'));
}

/** The 16 bytes of an integer of 128 bits. */
export function fromInteger(integer: bigint): Address {
  return [...Buffer.from(integer.toString(16).padStart(32, '0'), 'hex')];
}

function parseV4(text: string): Address | undefined {
  const bytes = V4.exec(text)?.slice(1).map(Number);
  return bytes?.every((byte) => byte <= 255) === true ? bytes : undefined;
}

function mapped(v4: Address | undefined): Address | undefined {
  return v4 && [...MAPPED_PREFIX, ...v4];
}

function parseV6(text: string): Address | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = '', tail] = halves;
  const first = parseGroups(head, tail === undefined);
  const last = tail === undefined ? [] : parseGroups(tail, true);
  if (!first || !last) return undefined;
  const missing = 16 - first.length - last.length;
  const isComplete = tail === undefined ? missing === 0 : missing >= 2;
  return isComplete ? [...first, ...Array<number>(missing).fill(0), ...last] : undefined;
}

/** Groups of 16 bits. The last one may be an IPv4 address. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    const v4 = isEnd && index === groups.length - 1 ? parseV4(group) : undefined;
    if (v4) {
      bytes.push(...v4);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else {
      return undefined;
    }
  }
  return bytes;
}

function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  return best;
}

function maskByte(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 8 ? 0xff : (0xff << (8 - bits)) & 0xff;
}

function sameBits(left: number, right: number, bits: number): boolean {
  return ((left ^ right) & maskByte(bits)) === 0;
}

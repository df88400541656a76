import type { Value } from '../values/index.js';
import { addToSet, entriesOf, isArray, isObject, isSet, itemsOf, makeSet } from '../values/index.js';
import type { RegoSet } from '../values/index.js';
import type { BuiltinContext, Builtins } from './builtin.js';
import { BuiltinError } from './builtin.js';
import { attempt, fromGo, succeeds } from './failure.js';
import type { Network } from './go/ip.js';
import {
  addressText,
  fromInteger,
  masked,
  networkContains,
  numberAndPrefix,
  parseAddress,
  parseNetwork,
  toInteger,
  toV4,
} from './go/ip.js';
import { mergeNetworks } from './net-merge.js';
import { elementsOf, stringOperand } from './operands.js';

/** `net.cidr_*` */
export const net: Builtins = {
  'net.cidr_is_valid': (_context, text) => typeof text === 'string' && succeeds(() => parseNetwork(text)),
  'net.cidr_contains': (_context, network, other) => contains(network, other),
  'net.cidr_overlap': (_context, network, other) => contains(network, other),
  'net.cidr_intersects': (_context, left, right) => {
    const [a, b] = [networkOperand(left), networkOperand(right)] as const;
    return networkContains(a, b.address) || networkContains(b, a.address);
  },
  'net.cidr_contains_matches': (context, networks = null, others = null) =>
    matches(context, networks, others),
  'net.cidr_expand': (context, network) => expand(context, stringOperand(network, 1)),
  'net.cidr_merge': (context, networks = null) => {
    const elements = elementsOf(networks);
    if (!elements) throw new BuiltinError('operand must be an array');
    return makeSet(mergeNetworks(context, elements.map(mergeElement)));
  },
};

function networkOperand(value: Value | undefined): Network {
  const text = stringOperand(value, 1);
  return fromGo(() => parseNetwork(text).network);
}

function contains(network: Value | undefined, other: Value | undefined): boolean {
  const outer = networkOperand(network);
  const text = stringOperand(other, 1);
  const address = parseAddress(text);
  if (address) return networkContains(outer, address);
  const parsed = attempt(() => parseNetwork(text).network);
  if (!parsed) {
    throw new BuiltinError(`not a valid textual representation of an IP address or CIDR: ${text}`);
  }
  const [inner] = parsed;
  if (isPlainV6(outer) && isPlainV6(inner)) {
    const start = masked(inner.address, outer.prefix);
    return outer.prefix <= inner.prefix && toInteger(outer.address) === toInteger(start);
  }
  return networkContains(outer, inner.address) && networkContains(outer, lastAddress(inner));
}

function isPlainV6(network: Network): boolean {
  return network.bits === 128 && toV4(network.address) === undefined;
}

function lastAddress({ address, prefix, bits }: Network): readonly number[] {
  const hosts = (1n << BigInt(bits - prefix)) - 1n;
  return fromInteger(toInteger(address) | hosts).slice(address.length === 4 ? 12 : 0);
}

/** Pairs of places in both operands where one network contains the other. */
function matches(context: BuiltinContext, networks: Value, others: Value): RegoSet {
  const pairs = makeSet();
  for (const [network, index] of places(networks, 1)) {
    for (const [other, otherIndex] of places(others, 2)) {
      context.checkDeadline();
      if (contains(network, other)) addToSet(pairs, [index, otherIndex]);
    }
  }
  return pairs;
}

/**
 * The elements of an operand. Each is checked when it is reached, because OPA ignores an invalid element that it does
 * not reach.
 */
function* places(operand: Value, position: number): Generator<readonly [network: Value, index: Value]> {
  if (typeof operand === 'string') yield [operand, operand];
  for (const [index, element] of elementsByIndex(operand)) yield [firstText(element, position), index];
}

function elementsByIndex(operand: Value): Iterable<readonly [index: Value, element: Value]> {
  if (isArray(operand)) return (elementsOf(operand) ?? []).entries();
  if (isSet(operand)) return itemsOf(operand).map((item) => [item, item] as const);
  return isObject(operand) ? entriesOf(operand) : [];
}

/** Reads the text of an element: the element itself, or the first item of an array. */
function firstText(value: Value, position: number): Value {
  if (typeof value === 'string') return value;
  const first = isArray(value) ? elementsOf(value)?.[0] : undefined;
  if (first === undefined) {
    throw new BuiltinError(`operand ${position}: element must be string or non-empty array`);
  }
  return first;
}

function expand(context: BuiltinContext, text: string): RegoSet {
  const network = fromGo(() => parseNetwork(text).network);
  const { number, prefix } = numberAndPrefix(network);
  const count = 2n ** BigInt(number.length * 8 - prefix);
  context.checkSize(Number(count));
  const addresses = makeSet();
  const first = toInteger(number);
  for (let index = 0n; index < count; index++) {
    context.checkDeadline();
    addToSet(addresses, addressText(fromInteger(first + index)));
  }
  return addresses;
}

/** Reads a network. An IPv4 address means the network of its class. */
function mergeElement(value: Value): Network {
  if (typeof value !== 'string') throw new BuiltinError('element must be string');
  const address = parseAddress(value);
  if (!address) return fromGo(() => parseNetwork(value).network);
  const v4 = toV4(address);
  if (!v4) throw new BuiltinError('IPv6 invalid: needs prefix length');
  const first = v4[0] ?? 0;
  return { address: v4, prefix: first < 0x80 ? 8 : first < 0xc0 ? 16 : 24, bits: 32 };
}

import type { BuiltinContext } from './builtin.js';
import type { Network } from './go/ip.js';
import { fromInteger, masked, networkText, toInteger, toV4 } from './go/ip.js';

interface Range {
  readonly first: bigint;
  readonly last: bigint;
  /** The network of the range. Absent after ranges were merged. */
  readonly network?: Network;
}

/** ::ffff:0.0.0.0, where the mapped IPv4 addresses begin. */
const FIRST_V4 = 0xffff_0000_0000n;

/** The fewest networks that cover the same addresses. */
export function mergeNetworks(context: BuiltinContext, networks: readonly Network[]): string[] {
  const ranges = networks.map(toRange).sort(compareRanges);
  for (let index = ranges.length - 1; index > 0; index--) {
    context.checkDeadline();
    const [previous, current] = [ranges[index - 1], ranges[index]];
    if (previous && current && addressBefore(current.first) <= previous.last) {
      const first = previous.first < current.first ? previous.first : current.first;
      ranges.splice(index - 1, 2, { first, last: current.last });
    }
  }
  return ranges.flatMap((range) => (range.network ? [networkText(range.network)] : cover(range)));
}

function toRange(network: Network): Range {
  const first = toInteger(masked(network.address, network.prefix));
  const hosts = (1n << BigInt(network.bits - network.prefix)) - 1n;
  return { first, last: first | hosts, network };
}

function compareRanges(left: Range, right: Range): number {
  if (left.last !== right.last) return left.last < right.last ? -1 : 1;
  return left.first === right.first ? 0 : left.first < right.first ? -1 : 1;
}

function addressBefore(address: bigint): bigint {
  return address === 0n || address === FIRST_V4 ? address : address - 1n;
}

/** The networks that cover a range exactly. */
function cover({ first, last }: Range): string[] {
  const networks: string[] = [];
  for (let start = first; start <= last;) {
    let size = 0n;
    while (size < 128n && start % (2n << size) === 0n && start + (2n << size) - 1n <= last) size++;
    networks.push(textOf(start, 128 - Number(size)));
    start += 1n << size;
  }
  return networks;
}

function textOf(start: bigint, prefix: number): string {
  const address = fromInteger(start);
  const v4 = toV4(address);
  return networkText(v4 ? { address: v4, prefix: prefix - 96, bits: 32 } : { address, prefix, bits: 128 });
}

import { isIPv4, isIPv6, SocketAddress } from 'node:net';

const MAPPED = '::ffff:';

/**
 * The address of a peer as a policy sees it: an IPv4 client of a dual-stack listener has its IPv4 address. Node gives
 * `::ffff:192.0.2.1` there, which `net.cidr_contains` places in `192.0.2.0/24` in one engine and not in another.
 */
export function peerAddress(address: string | undefined): string | undefined {
  if (address === undefined || !/ffff:/i.test(address)) return address;
  const [plain = ''] = address.split('%', 1);
  if (!isIPv6(plain)) return address;
  // Writes each spelling of an address (`::FFFF:c000:201`) in the same way.
  const written = new SocketAddress({ address: plain, family: 'ipv6' }).address;
  const ipv4 = written.slice(MAPPED.length);
  return written.startsWith(MAPPED) && isIPv4(ipv4) ? ipv4 : address;
}

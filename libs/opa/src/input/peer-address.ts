import { isIPv4, isIPv6, SocketAddress } from 'node:net';

const MAPPED = '::ffff:';

/**
 * Returns the address of a peer in the form that a policy sees. An IPv4-mapped address becomes the IPv4 address. The zone
 * of an address is removed: it names an interface of this machine alone (RFC 4007, 6), and OPA's `net.cidr_contains`
 * reads no address with a zone.
 *
 * @remarks On a dual-stack listener, Node reports an IPv4 client as `::ffff:192.0.2.1`. The engines disagree whether
 * `net.cidr_contains` finds that form in `192.0.2.0/24`.
 */
export function peerAddress(address: string | undefined): string | undefined {
  if (address?.includes(':') !== true) return address;
  const [plain = ''] = address.split('%', 1);
  if (!isIPv6(plain)) return address;
  if (!/ffff:/i.test(plain)) return plain;
  // SocketAddress normalizes every spelling of an address, such as `::FFFF:c000:201`.
  const normalized = new SocketAddress({ address: plain, family: 'ipv6' }).address;
  const ipv4 = normalized.slice(MAPPED.length);
  return normalized.startsWith(MAPPED) && isIPv4(ipv4) ? ipv4 : plain;
}

import { BlockList, isIPv4 } from 'node:net';
import { peerAddress } from 'nestjs-opa/internal';

/** The proxies whose `X-Forwarded-*` headers the gateway believes: the option `listen.trustProxy`. */
export class TrustedProxies {
  private readonly list = new BlockList();

  /** @param networks - IP addresses, and ranges such as `10.0.0.0/8` */
  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const [address = '', bits] = network.split('/');
      const family = isIPv4(address) ? 'ipv4' : 'ipv6';
      if (bits === undefined) this.list.addAddress(address, family);
      else this.list.addSubnet(address, Number(bits), family);
    }
  }

  /** Whether the gateway trusts an address. An IPv4-mapped address counts as its IPv4 address. Zones don't count. */
  readonly has = (address: string | undefined): boolean => {
    const plain = peerAddress(address) ?? '';
    return this.list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
  };
}

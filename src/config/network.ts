import { isIP } from 'node:net';

/**
 * Whether a text is an IP address or a range of addresses (CIDR). A range of all addresses (`/0`) is none: with it every
 * client could choose its address.
 */
export function isNetwork(text: string): boolean {
  const [, address = '', , prefix] = /^([^/%]+)(\/(\d{1,3}))?$/.exec(text) ?? [];
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  if (bits === 0) return false;
  return prefix === undefined || (Number(prefix) >= 1 && Number(prefix) <= bits);
}

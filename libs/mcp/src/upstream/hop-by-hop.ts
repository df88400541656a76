import type { IncomingHttpHeaders } from 'node:http';

/** Headers that speak of one connection and never go further (RFC 9110, 7.6.1). */
const HOP_BY_HOP = [
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Tells whether a header speaks of one connection. */
export const isHopByHop = (name: string): boolean => HOP_BY_HOP.includes(name);

/** Takes the headers out that speak of the connection alone, those that `Connection` names included. */
export function removeHopByHop(headers: IncomingHttpHeaders): void {
  removeNamed(headers);
  for (const name of HOP_BY_HOP) Reflect.deleteProperty(headers, name);
}

/** Takes `Connection` out, and the headers that it names. */
export function removeNamed(headers: IncomingHttpHeaders): void {
  // The list that `Connection` is, even from a server that sends it twice.
  const named = [headers.connection ?? []].flat().join(',').toLowerCase();
  delete headers.connection;
  for (const name of named.split(',')) Reflect.deleteProperty(headers, name.trim());
}

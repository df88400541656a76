import type { IncomingHttpHeaders } from 'node:http';

/** Headers of a single connection. A proxy must not forward them (RFC 9110, 7.6.1). */
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

/** Whether a header belongs to a single connection. */
export const isHopByHop = (name: string): boolean => HOP_BY_HOP.includes(name);

/** Removes the headers of a single connection, and the headers that `Connection` names. */
export function removeHopByHop(headers: IncomingHttpHeaders): void {
  removeNamed(headers);
  for (const name of HOP_BY_HOP) Reflect.deleteProperty(headers, name);
}

/** Removes `Connection`, and the headers that `Connection` names. */
export function removeNamed(headers: IncomingHttpHeaders): void {
  // The value is an array when a server sends `Connection` twice.
  const named = [headers.connection ?? []].flat().join(',').toLowerCase();
  delete headers.connection;
  for (const name of named.split(',')) Reflect.deleteProperty(headers, name.trim());
}

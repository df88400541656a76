import type { IncomingHttpHeaders } from 'node:http';
import { HOP_BY_HOP } from './header-names.js';

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

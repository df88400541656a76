import type { IncomingMessage } from 'node:http';
import { BadRequestException } from '@nestjs/common';

// A name of DNS or an address. RFC 3986, 3.2.2, allows more: percent-encoding, which some readers decode, and commas,
// at which readers of X-Forwarded-Host take it apart.
const HOST = /^(\[[0-9a-f:.]+\]|[\w.-]*)(:\d*)?$/i;

/**
 * Refuses a request whose `Host` is no host (RFC 9112, 3.2): each reader would take another part of it.
 *
 * @throws BadRequestException on user information, other characters than a host's, and a second `Host`
 */
export function assertPlainHost({ headersDistinct: { host = [] } }: IncomingMessage): void {
  if (host.length > 1) throw new BadRequestException('The request has more than one Host');
  if (!host.every((value) => HOST.test(value))) throw new BadRequestException('The Host is not one');
}

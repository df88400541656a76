import type { IncomingMessage } from 'node:http';
import { BadRequestException } from '@nestjs/common';

// A DNS name or an address. RFC 3986, 3.2.2, also allows percent-encoding and commas. Some servers decode the
// percent-encoding, and some servers split X-Forwarded-Host at commas.
const HOST = /^(\[[0-9a-f:.]+\]|[\w.-]*)(:\d*)?$/i;

/**
 * Refuses a request with an invalid `Host` (RFC 9112, 3.2). Servers would read an invalid `Host` in different ways.
 *
 * @throws BadRequestException for user information, for characters that a host can't have, and for a second `Host`
 */
export function assertPlainHost({ headersDistinct: { host = [] } }: IncomingMessage): void {
  if (host.length > 1) throw new BadRequestException('The request has more than one Host');
  if (!host.every((value) => HOST.test(value))) throw new BadRequestException('The Host is not one');
}

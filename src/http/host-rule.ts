import type { IncomingMessage } from 'node:http';
import { BadRequestException } from '@nestjs/common';
import { isHost } from 'nestjs-opa-mcp/internal';

/**
 * Refuses a request with an invalid `Host` (RFC 9112, 3.2). Servers would read an invalid `Host` in different ways.
 *
 * @throws BadRequestException for user information, for characters that a host can't have, and for a second `Host`
 */
export function assertPlainHost({ headersDistinct: { host = [] } }: IncomingMessage): void {
  if (host.length > 1) throw new BadRequestException('The request has more than one Host');
  if (!host.every(isHost))
    throw new BadRequestException('The Host header is not a valid host name or address');
}

import {
  BadGatewayException,
  GatewayTimeoutException,
  InternalServerErrorException,
  Logger,
} from '@nestjs/common';
import type { HttpException } from '@nestjs/common';
import type { Upstream } from './upstream.js';
import { UpstreamTimeoutError } from './wait-limit.js';

const HINTS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: 'the headers are too large; raise listen.maxHeaderBytes',
};
const logger = new Logger('Upstream');

/** Makes the exception for a failed upstream: 504 after a timeout, otherwise 502. Logs the address and the cause. */
export function upstreamException({ entry, url }: Upstream, cause: unknown): HttpException {
  const error = cause instanceof Error ? cause : new Error('no usable response');
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // AbortError means that the client has disconnected. The upstream did not fail, so log nothing.
  if (error.name !== 'AbortError') {
    logger.warn(`${entry.name} (${url.origin}): ${code} ${HINTS[code] ?? error.message}`);
  }
  return error instanceof UpstreamTimeoutError || code === 'UND_ERR_CONNECT_TIMEOUT'
    ? new GatewayTimeoutException('The upstream did not respond in time')
    : new BadGatewayException('The upstream sent no usable response');
}

/** Logs that an upstream has refused the gateway's own credential. */
export function reportUnauthorized({ entry, url }: Upstream): void {
  logger.warn(
    `${entry.name} (${url.origin}): the upstream refused the gateway's credential (status 401). Correct "headers" or ` +
      '"auth" of the entry.',
  );
}

/** Makes the exception for a response that a response policy can't decide. Logs the reason. */
export function unreadableResponseException({ entry, url }: Upstream, reason: string): HttpException {
  logger.warn(`${entry.name} (${url.origin}): the response policy cannot read the response: ${reason}`);
  return new InternalServerErrorException("The response policy cannot read the upstream's response");
}

import {
  BadGatewayException,
  GatewayTimeoutException,
  InternalServerErrorException,
  Logger,
} from '@nestjs/common';
import type { HttpException } from '@nestjs/common';
import type { Upstream } from './upstream.js';

const LATE = new Set(['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const logger = new Logger('Upstream');

/** What the client is told of an upstream's failure: 504 when it was late, else 502. Address and cause are logged. */
export function failure({ entry, url }: Upstream, cause: unknown): HttpException {
  const error = cause instanceof Error ? cause : new Error('no usable answer');
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // The client has gone: there is nobody to tell, and nothing wrong with the upstream.
  if (error.name !== 'AbortError') logger.warn(`${entry.name} (${url.origin}): ${code} ${error.message}`);
  return LATE.has(code)
    ? new GatewayTimeoutException('The upstream did not answer in time')
    : new BadGatewayException('The upstream did not give an answer');
}

/** The refusal of an answer that no response policy can be asked about. The reason is logged. */
export function undecidable({ entry, url }: Upstream, reason: string): HttpException {
  logger.warn(`${entry.name} (${url.origin}): the response policy can't be shown the answer: ${reason}`);
  return new InternalServerErrorException("The upstream's answer can't be decided");
}

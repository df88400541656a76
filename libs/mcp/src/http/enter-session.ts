import { isLegacyHeader, isUnknownInSession } from '../protocol/era.js';
import { GatewayError } from '../protocol/gateway-error.js';
import { INVALID_REQUEST } from '../protocol/parse.js';
import type { Exchange } from './exchange.js';

/**
 * Enters the session that a GET or DELETE names. The modern era has no sessions and no GET, so GET and DELETE serve the
 * legacy era only.
 *
 * @throws GatewayError 404 when the session belongs to another subject; 405 for a version without sessions
 */
export function enterSession({ request: { headers }, session }: Exchange): void {
  if (!isLegacyHeader(headers) && !isUnknownInSession(headers)) {
    throw new GatewayError(405, INVALID_REQUEST, 'Method not allowed', null, { allow: 'POST' });
  }
  session.enter(headers);
}

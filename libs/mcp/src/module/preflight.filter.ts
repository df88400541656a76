import { Catch, HttpException } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { ClientRequest } from '../http/client-request.js';
import type { PlatformRequest } from '../http/client-request.js';
import { ClientResponse } from '../http/client-response.js';
import type { PlatformResponse } from '../http/client-response.js';
import { respondToPreflight } from '../http/cors.js';
import { METHODS } from './mcp-route.js';

/**
 * Ends the guards of a CORS preflight, which never has a token. Without this exception each guard of the application
 * would need a wrapper, and `overrideGuard` of `@nestjs/testing` would not find the wrapped guard.
 */
export class PreflightAllowed extends HttpException {
  constructor() {
    super('The CORS preflight is allowed', 204);
  }
}

/** Responds to a preflight that the origin guard has allowed. */
@Catch(PreflightAllowed)
export class PreflightFilter implements ExceptionFilter<PreflightAllowed> {
  catch(_exception: PreflightAllowed, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = new ClientRequest(http.getRequest<PlatformRequest>());
    respondToPreflight(request, new ClientResponse(http.getResponse<PlatformResponse>()), METHODS);
  }
}

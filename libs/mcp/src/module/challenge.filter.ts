import { Catch, Inject, UnauthorizedException } from '@nestjs/common';
import type { ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { ClientRequest } from '../http/client-request.js';
import type { PlatformResponse } from '../http/client-response.js';
import { McpGateway } from './mcp-gateway.js';
import { nameOf } from './mcp-route.js';
import type { McpRouteRequest } from './mcp-route.js';

/** The method of Express and Fastify that reads a header of the response. */
type HeaderedResponse = PlatformResponse & { getHeader(name: string): unknown };

/**
 * Adds the URL of the server's metadata and the server's scopes to a guard's 401. A client learns there how to get a
 * token (RFC 9728, 5.1; RFC 6750, 3).
 */
@Catch(UnauthorizedException)
export class ChallengeFilter extends BaseExceptionFilter<UnauthorizedException> {
  constructor(@Inject(McpGateway) private readonly gateway: McpGateway) {
    super();
  }

  override catch(exception: UnauthorizedException, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const route = http.getRequest<McpRouteRequest>();
    const server = this.gateway.find(nameOf(route))?.server;
    if (server !== undefined && this.gateway.settings.authorizationServers !== undefined) {
      const response = http.getResponse<HeaderedResponse>();
      const challenge = bearerOf(response.getHeader('www-authenticate'));
      const parameters = [`resource_metadata="${server.urls.metadata(new ClientRequest(route))}"`];
      // A guard knows better which scopes the request needs.
      const names = /[ ,]scope=/i.test(challenge) ? [] : server.scopes;
      if (names.length > 0) parameters.unshift(`scope="${names.join(' ')}"`);
      response.header('www-authenticate', withParameters(challenge, parameters));
    }
    super.catch(exception, host);
  }
}

const bearerOf = (challenge: unknown): string =>
  typeof challenge === 'string' && /^Bearer\b/i.test(challenge) ? challenge.trim() : 'Bearer';

function withParameters(challenge: string, parameters: readonly string[]): string {
  const separator = /^Bearer$/i.test(challenge) ? ' ' : ', ';
  return challenge + separator + parameters.join(', ');
}

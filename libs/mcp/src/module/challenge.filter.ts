import { Catch, Inject, UnauthorizedException } from '@nestjs/common';
import type { ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { completeChallenge } from '../http/challenge.js';
import { ClientRequest } from '../http/client-request.js';
import type { PlatformResponse } from '../http/client-response.js';
import { McpGateway } from './mcp-gateway.js';
import { nameOf } from './mcp-route.js';
import type { McpRouteRequest } from './mcp-route.js';

/** The method of Express and Fastify that reads a header of the response. */
type HeaderedResponse = PlatformResponse & { getHeader(name: string): unknown };

/** Completes the challenge of a guard's 401: see {@link completeChallenge}. */
@Catch(UnauthorizedException)
export class ChallengeFilter extends BaseExceptionFilter<UnauthorizedException> {
  constructor(@Inject(McpGateway) private readonly gateway: McpGateway) {
    super();
  }

  override catch(exception: UnauthorizedException, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const route = http.getRequest<McpRouteRequest>();
    const server = this.gateway.find(nameOf(route))?.server;
    if (server?.settings.hasMetadata === true) {
      const response = http.getResponse<HeaderedResponse>();
      const challenge = response.getHeader('www-authenticate');
      const text = typeof challenge === 'string' ? challenge : '';
      response.header('www-authenticate', completeChallenge(server, new ClientRequest(route), text));
    }
    super.catch(exception, host);
  }
}

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

/** Adds the URL of the server's metadata to a guard's 401. A client learns there how to get a token (RFC 9728, 5.1). */
@Catch(UnauthorizedException)
export class ChallengeFilter extends BaseExceptionFilter<UnauthorizedException> {
  constructor(@Inject(McpGateway) private readonly gateway: McpGateway) {
    super();
  }

  override catch(exception: UnauthorizedException, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const route = http.getRequest<McpRouteRequest>();
    const urls = this.gateway.find(nameOf(route))?.server.urls;
    if (urls !== undefined && this.gateway.settings.authorizationServers !== undefined) {
      const response = http.getResponse<HeaderedResponse>();
      const metadata = `resource_metadata="${urls.metadata(new ClientRequest(route))}"`;
      response.header('www-authenticate', withMetadata(response.getHeader('www-authenticate'), metadata));
    }
    super.catch(exception, host);
  }
}

function withMetadata(challenge: unknown, metadata: string): string {
  if (typeof challenge !== 'string' || !/^Bearer\b/i.test(challenge)) return `Bearer ${metadata}`;
  return /^Bearer\s*$/i.test(challenge) ? `Bearer ${metadata}` : `${challenge}, ${metadata}`;
}

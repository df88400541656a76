import { ForbiddenException, Inject, Injectable, NotFoundException } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { ClientRequest } from '../http/client-request.js';
import type { PlatformResponse } from '../http/client-response.js';
import { addCorsHeaders, isPreflight } from '../http/cors.js';
import { McpGateway } from './mcp-gateway.js';
import { nameOf } from './mcp-route.js';
import type { McpRouteRequest } from './mcp-route.js';
import { PreflightAllowed } from './preflight.filter.js';

/**
 * Refuses pages of other origins, whose `Origin` the browser sends. DNS rebinding binds the name of a foreign page to
 * this machine's address; the guard detects the foreign name in `Host`. An allowed page may read every response.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning | MCP's warning}
 */
@Injectable()
export class OriginGuard implements CanActivate {
  constructor(@Inject(McpGateway) private readonly gateway: McpGateway) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const route = http.getRequest<McpRouteRequest>();
    const request = new ClientRequest(route);
    const response = http.getResponse<PlatformResponse>();
    const rule = this.gateway.find(nameOf(route))?.server.origins;
    if (rule === undefined) throw new NotFoundException(`Cannot ${request.method} ${request.raw.url ?? ''}`);
    const { origin, host } = request.headers;
    // The refusal also needs `Vary`: a cache must not give a refusal to an allowed page.
    response.header('vary', 'Origin');
    if (origin !== undefined && !rule.allows(origin))
      throw new ForbiddenException('This origin is not allowed');
    const hosts = [host, ...(request.proxiedHost === undefined ? [] : [request.proxiedHost])];
    if (!hosts.every((name) => rule.allowsHost(name)))
      throw new ForbiddenException('This host is not allowed');
    addCorsHeaders(request, response, rule);
    if (isPreflight(request)) throw new PreflightAllowed();
    return true;
  }
}

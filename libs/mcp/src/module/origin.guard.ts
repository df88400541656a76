import { ForbiddenException } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { shareAnswer } from '../http/cors.js';
import type { OriginRule } from '../http/origin-rule.js';

/**
 * Keeps pages out that have no business here: a browser sends their `Origin`. A page whose name was bound to this
 * machine's address sends that name in `Host`. Those that may call can read whatever they are answered.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning | MCP's warning}
 */
export class OriginGuard implements CanActivate {
  constructor(private readonly rule: OriginRule) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const { origin } = request.headers;
    // Of a refusal as well, which a cache between must not give to a page that may call.
    reply.header('vary', 'Origin');
    if (origin !== undefined && !this.rule.allows(origin))
      throw new ForbiddenException('This origin is not allowed');
    if (!this.rule.allowsHost(request)) throw new ForbiddenException('This host is not allowed');
    shareAnswer(request, reply, this.rule);
    return true;
  }
}

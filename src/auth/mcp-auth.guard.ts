import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { isPreflight, metadataUrl } from 'nestjs-opa-mcp/internal';
import { AuthGuard } from './auth.guard.js';
import type { Authentication } from './auth.guard.js';

/** The gateway's authentication, whose challenge tells a client where to get a token (RFC 9728). */
export class McpAuthGuard extends AuthGuard {
  constructor(
    authentication: Authentication,
    private readonly name: string,
  ) {
    super(authentication);
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    return isPreflight(context.switchToHttp().getRequest<FastifyRequest>()) || super.canActivate(context);
  }

  protected override challenge(request: FastifyRequest, ...parameters: string[]): string {
    const metadata = `resource_metadata="${metadataUrl(request, this.name)}"`;
    return super.challenge(request, ...parameters, metadata);
  }
}

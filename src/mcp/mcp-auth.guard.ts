import type { FastifyRequest } from 'fastify';
import { AuthGuard } from '../auth/index.js';
import type { Authentication } from '../auth/index.js';
import { metadataUrl } from './resource.js';

/** The gateway's authentication, whose challenge tells a client where to get a token (RFC 9728). */
export class McpAuthGuard extends AuthGuard {
  constructor(
    authentication: Authentication,
    private readonly name: string,
  ) {
    super(authentication);
  }

  protected override challenge(request: FastifyRequest, ...parameters: string[]): string {
    const metadata = `resource_metadata="${metadataUrl(request, this.name)}"`;
    return super.challenge(request, ...parameters, metadata);
  }
}

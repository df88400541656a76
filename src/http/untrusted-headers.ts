import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { stripHeaders } from 'nestjs-opa/internal';
import { removeUntrusted } from 'nestjs-opa-mcp/internal';

/** Removes untrusted client headers, and headers that an entry sets itself, before a policy sees the request. */
export class UntrustedHeaders implements CanActivate {
  /**
   * @param kept - untrusted headers that stay
   * @param removed - headers that the entry sets itself, in lower case
   */
  constructor(
    private readonly kept: readonly string[] = [],
    private readonly removed: readonly string[] = [],
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    stripHeaders(request, this.removed);
    removeUntrusted(request.headers, (name) => this.kept.includes(name));
    return true;
  }
}

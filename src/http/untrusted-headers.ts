import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { removeUntrusted } from 'nestjs-opa-mcp/internal';

/** Removes untrusted client headers before a policy sees the request, except the headers that the constructor names. */
export class UntrustedHeaders implements CanActivate {
  constructor(private readonly kept: readonly string[] = []) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    removeUntrusted(headers, (name) => this.kept.includes(name));
    return true;
  }
}

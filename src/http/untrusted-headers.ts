import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { removeUntrusted } from 'nestjs-opa-mcp/internal';

/** Removes untrusted headers before a policy sees them, but those that are named. */
export class UntrustedHeaders implements CanActivate {
  constructor(private readonly kept: readonly string[] = []) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    removeUntrusted(headers, (name) => this.kept.includes(name));
    return true;
  }
}

import { ForbiddenException } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i;

/** Tells whether a host's name or address is this machine's own. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(host);

/**
 * Keeps pages out that have no business here: a browser sends their `Origin`. A page whose name was bound to this
 * machine's address sends that name in `Host`.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning | MCP's warning}
 */
export class OriginGuard implements CanActivate {
  /**
   * @param local - whether the gateway listens on loopback alone
   * @param origins - further allowed origins
   */
  constructor(
    private readonly local: boolean,
    private readonly origins: readonly string[],
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const { origin, host } = context.switchToHttp().getRequest<FastifyRequest>().headers;
    if (origin !== undefined && !this.allows(origin))
      throw new ForbiddenException('This origin is not allowed');
    if (this.local && !isLoopback(hostname(`http://${host ?? ''}`))) {
      throw new ForbiddenException('This host is not allowed');
    }
    return true;
  }

  private allows(origin: string): boolean {
    if (this.origins.includes(origin)) return true;
    return this.local && /^https?:\/\/[^/?#@\s]+$/i.test(origin) && isLoopback(hostname(origin));
  }
}

const hostname = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : '');

import type { FastifyRequest } from 'fastify';
import { peerAddress } from 'nestjs-opa/internal';

const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i;

/** Tells whether a host's name or address is this machine's own. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(peerAddress(host) ?? '');

/** Which pages may call: those of the given origins, and this machine's while the gateway listens on loopback. */
export class OriginRule {
  /**
   * @param local - whether the gateway listens on loopback alone
   * @param origins - further allowed origins
   */
  constructor(
    private readonly local: boolean,
    private readonly origins: readonly string[],
  ) {}

  /** Whether a page of this origin may call. */
  allows(origin: string): boolean {
    if (this.origins.includes(origin)) return true;
    return this.local && /^https?:\/\/[^/?#@\s]+$/i.test(origin) && isLoopback(hostname(origin));
  }

  /** Whether the request's host may be this gateway: on loopback it is this machine's. */
  allowsHost({ headers: { host = '' } }: FastifyRequest): boolean {
    return !this.local || isLoopback(hostname(`http://${host}`));
  }
}

const hostname = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : '');

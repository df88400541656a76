import { peerAddress } from 'nestjs-opa/internal';

const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i;

/** Tells whether a host's name or address is this machine's own. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(peerAddress(host) ?? '');

/** What the rule about origins and hosts depends on. */
export interface OriginRuleOptions {
  /** Whether the application listens on loopback alone. */
  readonly isLocal: () => boolean;
  /** Origins that may call, beside this machine's. */
  readonly origins: readonly string[];
  /** A host that may be asked for, beside this machine's. */
  readonly publicHost: string | undefined;
}

/** Which pages may call: those of the configured origins, and this machine's while the application listens on loopback. */
export class OriginRule {
  constructor(private readonly options: OriginRuleOptions) {}

  /** Whether a page of this origin may call. */
  allows(origin: string): boolean {
    const { isLocal, origins } = this.options;
    if (origins.includes(origin)) return true;
    return isLocal() && /^https?:\/\/[^/?#@\s]+$/i.test(origin) && isLoopback(hostname(origin));
  }

  /** Whether the application may be called by this host: on loopback only as this machine or by its public name. */
  allowsHost(host = ''): boolean {
    const { isLocal, publicHost } = this.options;
    if (!isLocal()) return true;
    const name = hostname(`http://${host}`);
    return isLoopback(name) || (name !== '' && name === publicHost);
  }
}

const hostname = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : '');

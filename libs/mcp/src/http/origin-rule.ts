import { peerAddress } from 'nestjs-opa/internal';

const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i;

/** Whether a host name or address is a loopback one, such as `localhost` or `127.0.0.1`. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(peerAddress(host) ?? '');

// A DNS name or an address. RFC 3986, 3.2.2, also allows percent-encoding and commas. Some servers decode the
// percent-encoding, and some servers split X-Forwarded-Host at commas.
const HOST = /^(\[[0-9a-f:.]+\]|[\w.-]*)(:\d*)?$/i;

/** Whether every server reads a `Host` in the same way (RFC 9112, 3.2). An empty `Host` counts as valid. */
export const isHost = (host: string): boolean => HOST.test(host);

/** The settings of {@link OriginRule}. */
export interface OriginRuleOptions {
  /** Whether the application listens on loopback only. */
  readonly isLocal: () => boolean;
  /** The origins whose pages may call, beside loopback origins. */
  readonly origins: readonly string[];
  /** A `Host` that clients may use, beside loopback hosts. */
  readonly publicHost: string | undefined;
}

/**
 * Decides which pages may call. Pages of the configured origins may. Pages of loopback origins may, too, while the
 * application listens on loopback only.
 */
export class OriginRule {
  constructor(private readonly options: OriginRuleOptions) {}

  /** Whether a page of this origin may call. */
  allows(origin: string): boolean {
    const { isLocal, origins } = this.options;
    if (origins.includes(origin)) return true;
    return isLocal() && /^https?:\/\/[^/?#@\s]+$/i.test(origin) && isLoopback(hostname(origin));
  }

  /** Whether clients may use this `Host`. On loopback only a loopback host or the public host is allowed. */
  allowsHost(host = ''): boolean {
    const { isLocal, publicHost } = this.options;
    if (!isLocal()) return true;
    const name = hostname(`http://${host}`);
    return isLoopback(name) || (name !== '' && name === publicHost);
  }
}

const hostname = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : '');

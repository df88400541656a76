import { peerAddress } from 'nestjs-opa/internal';
import type { ClientRequest } from './client-request.js';
import { isLoopback } from './origin-rule.js';

/**
 * The URL under which clients reach the application: the option `publicUrl`. Every absolute URL for a client comes from
 * this object.
 *
 * @example
 * ```ts
 * import { PublicUrl } from './public-url.js';
 *
 * const url = new PublicUrl('https://app.example/ai/');
 * url.origin; // 'https://app.example'
 * url.prefix; // '/ai'
 * url.pathOf('/mcp/orders'); // '/ai/mcp/orders'
 * ```
 */
export class PublicUrl {
  /** The scheme, the host and the port; `undefined` without the option. */
  readonly origin: string | undefined;
  /** `http` or `https`; `undefined` without the option. */
  readonly protocol: string | undefined;
  /** The host, with its port unless the scheme implies it; `undefined` without the option. */
  readonly host: string | undefined;
  /** The host without the port; `undefined` without the option. */
  readonly hostname: string | undefined;
  /** The path in front of each route, without a slash at its end. It is empty without a path. */
  readonly prefix: string;

  /** @param publicUrl - an http(s) URL without user, query and fragment */
  constructor(publicUrl?: string) {
    const url = publicUrl === undefined ? undefined : new URL(publicUrl);
    this.origin = url?.origin;
    this.protocol = url?.protocol.slice(0, -1);
    this.host = url?.host;
    this.hostname = url?.hostname;
    this.prefix = url?.pathname.replace(/\/$/, '') ?? '';
  }

  /** The path under which clients reach a path of the application. */
  pathOf(path: string): string {
    return this.prefix + path;
  }

  /**
   * The origin under which a client reaches the application: the origin of the option, or the origin that a trusted
   * proxy names, or the local address of the connection. The sender of a request chooses the header `Host`, so URLs must
   * not repeat it. The exception is `localhost` on loopback, which names the same address.
   */
  originOf({ protocol, proxiedHost, headers: { host }, raw: { socket } }: ClientRequest): string {
    if (this.origin !== undefined) return this.origin;
    if (proxiedHost !== undefined) return `${protocol}://${proxiedHost}`;
    const port = String(socket.localPort);
    const address = peerAddress(socket.localAddress) ?? '';
    if (isLoopback(address) && host === `localhost:${port}`) return `${protocol}://localhost:${port}`;
    return `${protocol}://${address.includes(':') ? `[${address}]` : address}:${port}`;
  }
}

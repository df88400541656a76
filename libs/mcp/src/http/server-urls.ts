import { peerAddress } from 'nestjs-opa/internal';
import type { ClientRequest } from './client-request.js';
import { isLoopback } from './origin-rule.js';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** What clients are told about where an MCP server is. */
export class ServerUrls {
  private readonly base: URL | undefined;

  /**
   * @param path - the path of the server's route, with a slash in front
   * @param publicUrl - the application's URL as clients know it; without it the connection's own address counts
   */
  constructor(
    private readonly path: string,
    publicUrl?: string,
  ) {
    this.base = publicUrl === undefined ? undefined : new URL(publicUrl);
  }

  /** The host of the public URL; `undefined` without one. */
  get publicHost(): string | undefined {
    return this.base?.hostname;
  }

  /** The path of the server's metadata (RFC 9728, 3.1). */
  get metadataPath(): string {
    return WELL_KNOWN + this.fullPath;
  }

  /** The URL that stands for the server. */
  resource(request: ClientRequest): string {
    return this.originOf(request) + this.fullPath;
  }

  /** The URL of the server's metadata. */
  metadata(request: ClientRequest): string {
    return this.originOf(request) + this.metadataPath;
  }

  private get fullPath(): string {
    return (this.base?.pathname.replace(/\/$/, '') ?? '') + this.path;
  }

  /**
   * Where the connection has arrived, without a public URL. Whoever sends the request chooses its `Host`, so that what
   * clients are told must not hold it; on loopback, `localhost` is a further name of the same place.
   */
  private originOf({ protocol, headers: { host }, raw: { socket } }: ClientRequest): string {
    if (this.base !== undefined) return this.base.origin;
    const port = String(socket.localPort);
    const address = peerAddress(socket.localAddress) ?? '';
    if (isLoopback(address) && host === `localhost:${port}`) return `${protocol}://localhost:${port}`;
    return `${protocol}://${address.includes(':') ? `[${address}]` : address}:${port}`;
  }
}

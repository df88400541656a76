import { peerAddress } from 'nestjs-opa/internal';
import type { ClientRequest } from './client-request.js';
import { isLoopback } from './origin-rule.js';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** The URLs of an MCP server that the gateway tells clients. */
export class ServerUrls {
  private readonly base: URL | undefined;

  /**
   * @param path - the path of the server's route, with a slash in front
   * @param publicUrl - the application's URL for clients; without it, the URLs hold the local address of the connection
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

  /** The server's URL, which is its resource identifier (RFC 9728, 1.2). */
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
   * The origin of the public URL, or else of the connection's local address. The sender chooses the header `Host`, so
   * the URLs must not repeat it. The exception is `localhost` on loopback, which names the same address.
   */
  private originOf({ protocol, headers: { host }, raw: { socket } }: ClientRequest): string {
    if (this.base !== undefined) return this.base.origin;
    const port = String(socket.localPort);
    const address = peerAddress(socket.localAddress) ?? '';
    if (isLoopback(address) && host === `localhost:${port}`) return `${protocol}://localhost:${port}`;
    return `${protocol}://${address.includes(':') ? `[${address}]` : address}:${port}`;
  }
}

import type { ClientRequest } from './client-request.js';
import type { PublicUrl } from './public-url.js';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** The URLs of an MCP server that the gateway tells clients. */
export class ServerUrls {
  /**
   * @param path - the path of the server's route in the application, with a slash in front
   * @param publicUrl - the application's URL for clients
   */
  constructor(
    private readonly path: string,
    private readonly publicUrl: PublicUrl,
  ) {}

  /** The host of the public URL, without the port; `undefined` without a public URL. */
  get publicHost(): string | undefined {
    return this.publicUrl.hostname;
  }

  /**
   * The paths at which the application serves the server's metadata. The first one is the path for the public URL (RFC
   * 9728, 3.1). The second one is the path for the application's own route, for a proxy that forwards the public prefix
   * alone: the proxy, or the application, removes the prefix in front of `/.well-known`.
   */
  get metadataPaths(): readonly string[] {
    return [...new Set([this.metadataPath, WELL_KNOWN + this.path])];
  }

  /** The server's URL, which is its resource identifier (RFC 9728, 1.2). */
  resource(request: ClientRequest): string {
    return this.publicUrl.originOf(request) + this.publicUrl.pathOf(this.path);
  }

  /** The URL of the server's metadata. */
  metadata(request: ClientRequest): string {
    return this.publicUrl.originOf(request) + this.metadataPath;
  }

  private get metadataPath(): string {
    return WELL_KNOWN + this.publicUrl.pathOf(this.path);
  }
}

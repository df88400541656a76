import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** The fields that Express and Fastify add to a request. */
interface PlatformFields {
  readonly ip?: string;
  readonly protocol?: string;
  /** The body's bytes. Nest stores them when the application has the option `rawBody`. */
  readonly rawBody?: unknown;
  /** The caller. The application's guards set this field. */
  readonly user?: unknown;
}

/** The request that Nest passes to a handler: Node's request on Express, a wrapper with Node's request on Fastify. */
export type PlatformRequest = PlatformFields &
  (IncomingMessage | { readonly raw: IncomingMessage; readonly headers: IncomingHttpHeaders });

/** A client's HTTP request, with the same interface on Express and Fastify. */
export class ClientRequest {
  /** Node's request. */
  readonly raw: IncomingMessage;

  constructor(readonly platform: PlatformRequest) {
    this.raw = 'raw' in platform ? platform.raw : platform;
  }

  get method(): string {
    return this.raw.method ?? '';
  }

  get headers(): IncomingHttpHeaders {
    return this.raw.headers;
  }

  /**
   * The client's address. When the application trusts a proxy, the platform reads the address from the proxy's header.
   */
  get ip(): string | undefined {
    return this.platform.ip;
  }

  /** `http` or `https`. */
  get protocol(): string {
    return this.platform.protocol ?? 'http';
  }
}

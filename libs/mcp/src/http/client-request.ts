import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** What Express and Fastify add to a request. */
interface PlatformFields {
  readonly ip?: string;
  readonly protocol?: string;
  /** The body's bytes, which Nest stores under its option `rawBody`. */
  readonly rawBody?: unknown;
  /** The caller, as the application's guards have found it out. */
  readonly user?: unknown;
}

/** A request as Nest gives it to a handler: Node's own under Express, around Node's own under Fastify. */
export type PlatformRequest = PlatformFields &
  (IncomingMessage | { readonly raw: IncomingMessage; readonly headers: IncomingHttpHeaders });

/** A client's HTTP request, the same on Express and Fastify. */
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

  /** The client's address, as the platform knows it behind trusted proxies. */
  get ip(): string | undefined {
    return this.platform.ip;
  }

  /** `http` or `https`. */
  get protocol(): string {
    return this.platform.protocol ?? 'http';
  }
}

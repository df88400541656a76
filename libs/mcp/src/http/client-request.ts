import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isHost } from './origin-rule.js';

/** The fields that Express and Fastify add to a request. */
interface PlatformFields {
  readonly ip?: string;
  /** The addresses of the client and the trusted proxies. Fastify's list includes the peer; Express' list doesn't. */
  readonly ips?: readonly string[];
  readonly protocol?: string;
  readonly host?: string;
  /** The body's bytes. Nest stores them when the application has the option `rawBody`. */
  readonly rawBody?: unknown;
  /** The caller. The application's guards set this field. */
  readonly user?: unknown;
}

/** The request that Nest passes to a handler: Node's request on Express, a wrapper with Node's request on Fastify. */
export type PlatformRequest = PlatformFields &
  (IncomingMessage | { readonly raw: IncomingMessage; readonly headers: IncomingHttpHeaders });

/**
 * A client's HTTP request, with the same interface on Express and Fastify. When the application trusts a proxy, the
 * address, the protocol and the host come from the proxy's headers.
 *
 * @remarks The platforms read a proxy's headers on each access. The gateway removes these headers before the policy sees
 * the request, so the constructor reads the fields.
 */
export class ClientRequest {
  /** Node's request. */
  readonly raw: IncomingMessage;
  /** The client's address. */
  readonly ip: string | undefined;
  readonly protocol: 'http' | 'https';
  /** The host under which the client reaches a trusted proxy; `undefined` when no trusted proxy sent the request. */
  readonly proxiedHost: string | undefined;

  constructor(readonly platform: PlatformRequest) {
    const { ip, ips = [], protocol, host = '' } = platform;
    const proxies = 'raw' in platform ? ips.slice(1) : ips;
    this.raw = 'raw' in platform ? platform.raw : platform;
    this.ip = ip;
    // Both platforms pass on any text that the proxy sends.
    this.protocol = protocol === 'https' ? 'https' : 'http';
    this.proxiedHost = proxies.length > 0 && host !== '' && isHost(host) ? host : undefined;
  }

  get method(): string {
    return this.raw.method ?? '';
  }

  get headers(): IncomingHttpHeaders {
    return this.raw.headers;
  }
}

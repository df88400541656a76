import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';

/** How often the gateway logs each kind of wrong scheme, in milliseconds. */
const LOG_EVERY_MS = 60_000;
/** The first byte of a TLS handshake (RFC 8446, 5.1). HTTP never begins with it. */
const HANDSHAKE = 0x16;
const BODY = 'This port serves HTTPS. Use an https:// URL.\n';
const RESPONSE = [
  'HTTP/1.1 400 Bad Request',
  'Connection: close',
  'Content-Type: text/plain; charset=utf-8',
  `Content-Length: ${BODY.length}`,
  '',
  BODY,
].join('\r\n');

/** An error of Node's event 'clientError'. */
export interface ClientError {
  readonly code?: string;
  /** The bytes that are not HTTP: a Buffer, although Fastify's type differs. */
  readonly rawPacket?: unknown;
}

/** Recognizes clients that use `http://` for HTTPS, or `https://` for HTTP. */
export class WrongScheme {
  private readonly logger = new Logger('Gateway');
  private readonly loggedAt = new Map<string, number>();

  /** Logs a wrong scheme, at most once a minute, and answers plain HTTP in plain HTTP. */
  report({ code, rawPacket }: ClientError, socket: Socket): void {
    if (code === 'ERR_SSL_HTTP_REQUEST') {
      this.log(
        'A client sent plain HTTP to the HTTPS port. Use an https:// URL in the client or in the proxy.',
      );
      // Node has destroyed the TLS socket, but not yet the connection below it. No public field leads to the connection.
      const { _parent: connection } = socket as Socket & { readonly _parent?: Socket };
      connection?.end(RESPONSE, () => connection.destroySoon());
    } else if (Buffer.isBuffer(rawPacket) && rawPacket[0] === HANDSHAKE) {
      this.log(
        'A client sent TLS to the HTTP port. Use an http:// URL in the client or in the proxy, or set listen.tls.',
      );
    }
  }

  private log(message: string): void {
    const now = performance.now();
    if (now - (this.loggedAt.get(message) ?? -Infinity) < LOG_EVERY_MS) return;
    this.loggedAt.set(message, now);
    this.logger.warn(message);
  }
}

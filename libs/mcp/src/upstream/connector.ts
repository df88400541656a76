import type { Socket } from 'node:net';
import type { IdentitySource } from 'nestjs-opa/internal';
import { buildConnector } from 'undici';

/** How {@link upstreamConnector} opens connections. */
export interface ConnectorOptions {
  /** The timeout of a connection attempt, in milliseconds. */
  readonly timeout: number;
  /** The TLS identity of the entry; `undefined` for the defaults of Node. */
  readonly tls?: IdentitySource | undefined;
}

const CLOSED = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
/** The errors of sockets that had received an earlier response. */
const onReusedSocket = new WeakSet<Error>();

/**
 * Makes the connector of an upstream's pool. Each new connection has the current TLS identity. The connector also records
 * which errors come from reused sockets, for `isReusedSocketClosed`.
 */
export function upstreamConnector({ timeout, tls }: ConnectorOptions): buildConnector.connector {
  let identity: unknown;
  let connector = buildConnector({ timeout });
  return (options, callback) => {
    const connect = async (): Promise<void> => {
      const latest = typeof tls === 'function' ? await tls() : tls;
      if (latest !== undefined && latest !== identity) {
        identity = latest;
        // The former connector would resume TLS sessions of the former identity.
        connector = buildConnector({ timeout, ca: latest.ca, cert: latest.cert, key: latest.key });
      }
      // undici takes the server name from the header `Host`, so the option must replace it.
      const servername = latest?.servername ?? options.servername;
      connector({ ...options, ...(servername !== undefined && { servername }) }, (...result) => {
        if (result[0] === null) watch(result[1]);
        callback(...result);
      });
    };
    connect().catch((error: unknown) => callback(error as Error, null));
  };
}

function watch(socket: Socket): void {
  // This listener must run before the listener of undici, which fails the request with the error.
  socket.prependListener('error', (error) => {
    if (socket.bytesRead > 0) onReusedSocket.add(error);
  });
}

/**
 * Whether the upstream closed or reset a connection that had carried an earlier response. The upstream may have closed
 * the idle connection while the gateway sent the request, so the upstream probably has not received the request.
 *
 * @param error - the error of a request whose response has not begun
 */
export function isReusedSocketClosed(error: NodeJS.ErrnoException): boolean {
  return CLOSED.has(error.code ?? '') && onReusedSocket.has(error);
}

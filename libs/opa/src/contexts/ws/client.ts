import type { ExecutionContext } from '@nestjs/common';
import type { EventEmitter } from 'node:events';
import type { HttpRequest } from '../../input/index.js';

/**
 * What the library reads of a WebSocket client, the same for `ws` and socket.io.
 *
 * @remarks The handshake is the request that opened the connection. A socket.io client has it; a client of `ws` only
 * when the gateway keeps what Nest gives it:
 * ```ts
 * handleConnection(client: WebSocket, request: IncomingMessage) {
 *   Object.assign(client, { request });
 * }
 * ```
 * Guards never run for a connection: refuse one in `handleConnection`, or in the server's `verifyClient` or `allowRequest`.
 */
export interface WsClient extends EventEmitter {
  /** Whom the application has authenticated. */
  readonly user?: unknown;
  /** The place of socket.io for what the application knows of a client. */
  readonly data?: { readonly user?: unknown };
  /** The request that opened the connection. */
  readonly request?: HttpRequest & { readonly socket?: { readonly remoteAddress?: string } };
  /** Of socket.io: what it has noted of the request. */
  readonly handshake?: { readonly address?: string };
  /** Of socket.io: the namespace. */
  readonly nsp?: { readonly name: string };
  /** Of socket.io: whether the client is still there. */
  readonly connected?: boolean;
  /** Of `ws`: 1 is open. */
  readonly readyState?: number;
}

/** The client of a WebSocket context. */
export function wsClient(context: ExecutionContext): WsClient {
  return context.switchToWs().getClient<WsClient>();
}

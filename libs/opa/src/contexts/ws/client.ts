import type { ExecutionContext } from '@nestjs/common';
import type { EventEmitter } from 'node:events';
import type { HttpRequest } from '../../input/index.js';

/**
 * The members of a WebSocket client that the library reads, on `ws` and socket.io.
 *
 * @remarks The handshake is the request that opened the connection. A socket.io client has it. A client of `ws` has it only
 * when the gateway stores the request:
 * ```ts
 * handleConnection(client: WebSocket, request: IncomingMessage) {
 *   Object.assign(client, { request });
 * }
 * ```
 * Nest runs no guards for a new connection. Refuse a connection in `handleConnection`, or in the server's `verifyClient` or
 * `allowRequest`.
 */
export interface WsClient extends EventEmitter {
  /** The user, if the application has authenticated the client. */
  readonly user?: unknown;
  /** socket.io only: the data that the application stores about a client. */
  readonly data?: { readonly user?: unknown };
  /** The request that opened the connection. */
  readonly request?: HttpRequest & { readonly socket?: { readonly remoteAddress?: string } };
  /** socket.io only: the details of the request. */
  readonly handshake?: { readonly address?: string };
  /** socket.io only: the namespace. */
  readonly nsp?: { readonly name: string };
  /** socket.io only: whether the client is connected. */
  readonly connected?: boolean;
  /** `ws` only: 1 means open. */
  readonly readyState?: number;
}

/** Returns the client of a WebSocket context. */
export function wsClient(context: ExecutionContext): WsClient {
  return context.switchToWs().getClient<WsClient>();
}

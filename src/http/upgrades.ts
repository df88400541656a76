import { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { BadRequestException } from '@nestjs/common';

/** A client's request for a WebSocket. */
export interface Upgrade {
  /** The connection of the client. */
  readonly socket: Socket;
}

const upgrades = new WeakMap<IncomingMessage, Upgrade>();

/** The upgrade to a WebSocket that a request asks for; `undefined` for other requests. */
export const upgradeOf = (request: IncomingMessage): Upgrade | undefined => upgrades.get(request);

/**
 * A request whose header `Upgrade` Node follows only for WebSockets. Node has the property `upgrade` decide whether it
 * emits 'upgrade', and would otherwise stop to parse the body of a request with `Upgrade: h2c`.
 */
export class GatewayRequest extends IncomingMessage {
  private isUpgrade: boolean | null | undefined;

  get upgrade(): boolean {
    return this.isUpgrade === true && this.method === 'GET' && namesWebSocket(this);
  }

  set upgrade(value: boolean | null) {
    this.isUpgrade = value;
  }
}

/** Serves requests for WebSockets as all other requests: with the same hooks, guards and routes. */
export function serveUpgrades(server: Server): void {
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const response = new ServerResponse(request);
    upgrades.set(request, { socket });
    // Node has removed its own listeners from the connection.
    socket.on('error', () => socket.destroy());
    if (head.length > 0) socket.unshift(head);
    response.shouldKeepAlive = false;
    response.once('finish', () => socket.destroySoon());
    try {
      response.assignSocket(socket);
    } catch {
      // An earlier request on this connection has no response yet.
      socket.destroy();
      return;
    }
    server.emit('request', request, response);
  });
}

/**
 * Refuses a request for a WebSocket that Node does not recognize. An upstream would read it as another request.
 *
 * @throws BadRequestException when `Connection: Upgrade` is missing (RFC 9110, 7.8)
 */
export function assertUpgrade(request: IncomingMessage): void {
  if (request.method !== 'GET' || !namesWebSocket(request) || upgrades.has(request)) return;
  throw new BadRequestException('"Upgrade: websocket" needs "Connection: Upgrade"');
}

const namesWebSocket = ({ headers: { upgrade = '' } }: IncomingMessage): boolean =>
  /(^|,)\s*websocket\s*(,|$)/i.test(upgrade);

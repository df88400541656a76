import type { Socket } from 'node:net';
import type { TestServer } from '../../support.js';
import { tcpServer } from '../../support.js';

/** The fault of a fake OPA: on each new connection, or on each request. */
export interface Fault {
  readonly connect?: (socket: Socket) => void;
  readonly request?: (socket: Socket) => void;
}

/** A fake OPA with a fault. After `heal()` it allows everything. */
export interface FaultyServer extends TestServer {
  heal(): void;
}

/** The bytes of an HTTP response. */
export function httpResponse(body: string | Buffer, head = 'HTTP/1.1 200 OK', ...headers: string[]): Buffer {
  const lines = [head, `Content-Length: ${Buffer.byteLength(body)}`, ...headers, '', ''];
  return Buffer.concat([Buffer.from(lines.join('\r\n')), Buffer.from(body)]);
}

export const ALLOW = httpResponse('{"result":true}');

/** Starts a fake OPA with a fault. A request of the tests is small, so it arrives in one chunk. */
export async function faultyServer(fault: Fault): Promise<FaultyServer> {
  let healed = false;
  const server = await tcpServer((socket) => {
    if (!healed) fault.connect?.(socket);
    socket.on('data', () => {
      if (healed) socket.write(ALLOW);
      else fault.request?.(socket);
    });
  });
  return { ...server, heal: () => (healed = true) };
}

/** Repeats an action until the connection is closed. */
export function repeat(socket: Socket, pauseMs: number, action: () => void): void {
  const timer = setInterval(action, pauseMs);
  socket.once('close', () => clearInterval(timer));
}

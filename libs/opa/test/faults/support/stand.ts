import type { Socket } from 'node:net';
import type { TestServer } from '../../support.js';
import { tcpServer } from '../../support.js';

/** What a stand-in for OPA does wrong: to each connection as it comes, or to each request. */
export interface Fault {
  readonly connect?: (socket: Socket) => void;
  readonly ask?: (socket: Socket) => void;
}

/** A stand-in for OPA that has a fault until it is healed; from then on it allows everything. */
export interface Stand extends TestServer {
  heal(): void;
}

/** An answer as it goes over the wire. */
export function answer(body: string | Buffer, head = 'HTTP/1.1 200 OK', ...headers: string[]): Buffer {
  const lines = [head, `Content-Length: ${Buffer.byteLength(body)}`, ...headers, '', ''];
  return Buffer.concat([Buffer.from(lines.join('\r\n')), Buffer.from(body)]);
}

export const ALLOW = answer('{"result":true}');

/** Starts a stand-in. Each of the tests' requests comes in one piece, for they are small. */
export async function faultyServer(fault: Fault): Promise<Stand> {
  let healed = false;
  const server = await tcpServer((socket) => {
    if (!healed) fault.connect?.(socket);
    socket.on('data', () => {
      if (healed) socket.write(ALLOW);
      else fault.ask?.(socket);
    });
  });
  return { ...server, heal: () => (healed = true) };
}

/** Repeats something on a connection until it is closed. */
export function repeat(socket: Socket, pauseMs: number, what: () => void): void {
  const timer = setInterval(what, pauseMs);
  socket.once('close', () => clearInterval(timer));
}

import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** A connection on which a test writes the bytes of its requests. */
export interface RawConnection {
  readonly socket: Socket;
  /** The bytes that the gateway has sent so far. */
  received(): string;
  /** Resolves when the received bytes match. */
  until(pattern: RegExp): Promise<void>;
  /** Resolves with all received bytes when the connection is closed. */
  readonly closed: Promise<string>;
}

/** Opens a connection to the gateway, and writes a text. */
export async function rawConnection(port: number, text = ''): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => socket.on('close', () => resolve(received)));
  await once(socket, 'connect');
  socket.write(text);
  const until = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(received)) await once(socket, 'data');
  };
  return { socket, received: () => received, until, closed };
}

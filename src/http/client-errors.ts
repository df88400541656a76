import { STATUS_CODES } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What a client is told of a request that can't be read, by Node's error code; of others 400. */
const REFUSALS: Readonly<Record<string, readonly [status: number, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time'],
  HPE_HEADER_OVERFLOW: [431, 'The headers are too large'],
};
const MALFORMED = [400, 'The request is not HTTP'] as const;
/** How many requests of one connection may wait for their answers; Node begins to serve all of them at once. */
const MAX_PIPELINED = 100;

/** Answers requests that never arrive, or not in time: their handlers can't. */
export class ClientErrors {
  /** What each connection still waits for: the end of an answer, or of the request that an answer was given to. */
  private readonly unfinished = new WeakMap<Socket, readonly ServerResponse[]>();

  /** Notes the answers of each connection, and closes a connection that waits for too many. */
  watch(server: Server): void {
    server.on('connection', (socket: Socket) => {
      // Node tells the first answer alone that its client has gone.
      socket.once('close', () => this.waitingOn(socket).slice(1).forEach(end));
    });
    server.prependListener('request', ({ socket }, response) => {
      const waiting = [...this.waitingOn(socket), response];
      this.unfinished.set(socket, waiting);
      if (waiting.length > MAX_PIPELINED) socket.destroy();
    });
  }

  /** What Node is to do about such a request, instead of its own. */
  readonly handle = ({ code = '' }: { readonly code?: string }, socket: Socket): void => {
    if (socket.writable && this.mayAnswer(socket)) socket.write(refusalOf(code));
    socket.destroy();
  };

  // The client would take the refusal for a part of an answer that has begun, or for the answer to an earlier request.
  private mayAnswer(socket: Socket): boolean {
    const waiting = this.waitingOn(socket);
    return waiting.length <= 1 && waiting.every(({ headersSent, req }) => !headersSent && !req.complete);
  }

  private waitingOn(socket: Socket): readonly ServerResponse[] {
    const waiting = this.unfinished.get(socket) ?? [];
    return waiting.filter(({ writableFinished, req }) => !(writableFinished && req.complete));
  }
}

function end(response: ServerResponse): void {
  response.destroy();
  response.emit('close');
}

function refusalOf(code: string): string {
  const [statusCode, message] = REFUSALS[code] ?? MALFORMED;
  const error = STATUS_CODES[statusCode] ?? '';
  const body = JSON.stringify({ statusCode, error, message });
  return [
    `HTTP/1.1 ${statusCode} ${error}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

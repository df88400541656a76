import { STATUS_CODES } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { WrongScheme } from './wrong-scheme.js';
import type { ClientError } from './wrong-scheme.js';

/** The status and message for an unreadable request, by Node's error code. All other codes get status 400. */
const REFUSALS: Readonly<Record<string, readonly [status: number, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time'],
  HPE_HEADER_OVERFLOW: [431, 'The headers are too large'],
};
const MALFORMED = [400, 'The request is not HTTP'] as const;
/** The limit of pipelined requests that wait on a connection. Node begins to serve all of them at once. */
const MAX_PIPELINED = 100;

/** Answers requests that are unreadable or arrive too late. Handlers can't answer these requests. */
export class ClientErrors {
  /** The unfinished responses of each connection. A response is unfinished until it and its request have ended. */
  private readonly unfinished = new WeakMap<Socket, readonly ServerResponse[]>();
  private readonly wrongScheme = new WrongScheme();

  /** Records the responses of each connection. The method closes a connection with too many unfinished responses. */
  watch(server: Server): void {
    // Over TLS the socket of a request is the one of 'secureConnection'.
    const event = server instanceof TlsServer ? 'secureConnection' : 'connection';
    server.on(event, (socket: Socket) => {
      // When a client disconnects, Node emits 'close' only on the first response. End the other responses here.
      socket.once('close', () => this.waitingOn(socket).slice(1).forEach(end));
    });
    server.prependListener('request', ({ socket }, response) => {
      const waiting = [...this.waitingOn(socket), response];
      this.unfinished.set(socket, waiting);
      if (waiting.length > MAX_PIPELINED) socket.destroy();
    });
  }

  /** Handles Node's 'clientError' event: answers the request when possible, and closes the connection. */
  readonly handle = (error: ClientError, socket: Socket): void => {
    const { code = '' } = error;
    this.wrongScheme.report(error, socket);
    if (socket.writable && this.mayAnswer(socket)) socket.write(refusalOf(code));
    socket.destroy();
  };

  // The client would read the refusal as part of a response that has begun, or as the response to an earlier request.
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

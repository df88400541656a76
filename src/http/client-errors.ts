import { STATUS_CODES } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What a client is told of a request that can't be read, by Node's error code; of others 400. */
const REFUSALS: Readonly<Record<string, readonly [status: number, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time'],
  HPE_HEADER_OVERFLOW: [431, 'The headers are too large'],
};
const MALFORMED = [400, 'The request is not HTTP'] as const;

/** Answers requests that never arrive, or not in time: their handlers can't. */
export class ClientErrors {
  private readonly answers = new WeakMap<Socket, ServerResponse>();

  /** Notes which answer is the last of each connection. */
  watch(server: Server): void {
    server.prependListener('request', ({ socket }, response) => this.answers.set(socket, response));
  }

  /** What Node is to do about such a request, instead of its own. */
  readonly handle = ({ code = '' }: { readonly code?: string }, socket: Socket): void => {
    if (socket.writable && this.mayAnswer(socket)) socket.write(refusalOf(code));
    socket.destroy();
  };

  // In the middle of another answer the client would take it for a part of that one, and behind the answer to a
  // request whose body is unfinished for the answer to its next request.
  private mayAnswer(socket: Socket): boolean {
    const last = this.answers.get(socket);
    if (last?.headersSent !== true) return true;
    return last.writableFinished && last.req.complete;
  }
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

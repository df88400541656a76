import { request } from 'node:http';
import type { Agent, ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { Upstream } from './upstream.js';
import { limitWait } from './wait-limit.js';

/** A request to an upstream. */
export interface UpstreamRequest {
  readonly method: string;
  /** The whole path at the upstream, with the query. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  /** The body; `undefined` without a body. */
  readonly body: Readable | undefined;
  /** Returns the trailers for a request with these headers. Called at the end of the body. */
  readonly trailers: (headers: OutgoingHttpHeaders) => readonly [string, string][];
  /** Whether the request must have a connection of its own. */
  readonly isUpgrade: boolean;
  /** Ends the request when the client disconnects. */
  readonly signal: AbortSignal;
}

/** The head of an upstream's response. */
export interface UpstreamResponse {
  readonly response: IncomingMessage;
  /** The connection after a response with status 101, and the first bytes that the upstream sent on it. */
  readonly upgrade?: { readonly socket: Duplex; readonly head: Buffer };
}

/** The errors of a connection that the upstream has closed or reset. */
const CLOSED = new Set(['ECONNRESET', 'EPIPE']);

/** The upstream closed a reused connection, and may receive the same request once more. */
class ClosedConnectionError extends Error {}

/**
 * Sends a request to an upstream and waits for the head of the response.
 *
 * An upstream may close an unused connection while the gateway sends a request on it. The gateway then sends the
 * request once more, on a new connection, in two cases:
 *
 * - a GET or HEAD without a body, whose response has not begun (RFC 9110, 9.2.2),
 * - a request of which the gateway has not sent a single byte.
 *
 * @throws Error the error of the connection, or a timeout; see `upstreamException`
 */
export async function sendToUpstream(upstream: Upstream, sent: UpstreamRequest): Promise<UpstreamResponse> {
  if (sent.isUpgrade) return attempt(upstream, upstream.newConnections, sent);
  try {
    return await attempt(upstream, upstream.connections, sent);
  } catch (error) {
    if (!(error instanceof ClosedConnectionError)) throw error;
    return attempt(upstream, upstream.newConnections, sent);
  }
}

function attempt(upstream: Upstream, agent: Agent, sent: UpstreamRequest): Promise<UpstreamResponse> {
  const { method, path, headers, body, signal } = sent;
  const { entry, maxHeaderBytes } = upstream;
  return new Promise((resolve, reject) => {
    const outgoing = request({
      agent,
      method,
      path,
      headers,
      signal,
      maxHeaderSize: maxHeaderBytes,
      setHost: false,
    });
    let canSendAgain: (error: NodeJS.ErrnoException) => boolean = () => false;
    let isSentAgain = false;
    outgoing.once('socket', (socket) => {
      const { bytesRead, bytesWritten } = socket;
      canSendAgain = ({ code = '' }) =>
        outgoing.reusedSocket &&
        CLOSED.has(code) &&
        socket.bytesRead === bytesRead &&
        ((isSafe(method) && body === undefined) || socket.bytesWritten === bytesWritten);
      limitWait(outgoing, body, entry.timeout);
      sendBody(outgoing, sent);
    });
    outgoing.once('response', (response) => resolve({ response }));
    outgoing.once('upgrade', (response, socket, head) => resolve({ response, upgrade: { socket, head } }));
    outgoing.on('error', (error) => {
      isSentAgain ||= canSendAgain(error);
      reject(isSentAgain ? new ClosedConnectionError() : error);
    });
    outgoing.once('close', () => {
      // The client's connection can serve further requests only after the gateway has read the whole body.
      if (!isSentAgain) body?.resume();
    });
  });
}

const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD';

function sendBody(outgoing: ClientRequest, { headers, body, trailers }: UpstreamRequest): void {
  if (body === undefined) {
    outgoing.end();
    return;
  }
  body.pipe(outgoing, { end: false });
  const end = (): void => {
    outgoing.addTrailers(trailers(headers));
    outgoing.end();
  };
  body.once('end', end);
  outgoing.once('close', () => body.off('end', end));
}

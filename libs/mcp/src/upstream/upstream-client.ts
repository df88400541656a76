import type { IncomingHttpHeaders } from 'node:http';
import { Logger } from '@nestjs/common';
import { INTERNAL_ERROR, INVALID_REQUEST } from '../protocol/parse.js';
import { errors } from 'undici';
import type { Dispatcher } from 'undici';
import type { McpServerEntry } from '../options/server.schema.js';
import { GatewayError } from '../protocol/gateway-error.js';
import { UpstreamCredentials, UserTokenMissingError } from './upstream-credentials.js';
import { unknownCoding } from './transfer-coding.js';
import { upstreamPool } from './upstream-pool.js';

const CONNECT_TIMEOUT_MS = 5_000;
const EVENTS = /^text\/event-stream[ \t]*(;|$)/i;

/** A request to an MCP server. */
export interface UpstreamRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly headers: IncomingHttpHeaders;
  readonly body?: Buffer | string;
  /** The user's token, for an upstream whose tokens come from a token exchange. */
  readonly subjectToken?: string | undefined;
  /** Aborts the request, and the response with it. */
  readonly signal: AbortSignal;
}

/** The headers of a request, and the token of its user. */
export type SentWith = Pick<UpstreamRequest, 'headers' | 'subjectToken'>;

/** The response of an MCP server. */
export interface UpstreamResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Whether the body is an event stream. */
  readonly streams: boolean;
  readonly body: Dispatcher.ResponseData['body'];
}

/** Sends requests to one MCP server over a pool of connections. */
export class UpstreamClient {
  /** The gateway's own credentials for the server. Every request has them. */
  readonly credentials: UpstreamCredentials;
  private readonly logger = new Logger('Mcp');
  private readonly path: string;
  private readonly pool: Dispatcher;

  /** @param maxHeaderSize - the largest total size of a response's headers, in bytes */
  constructor(
    private readonly entry: Pick<McpServerEntry, 'name' | 'url' | 'headers' | 'tls' | 'auth'>,
    maxHeaderSize: number,
  ) {
    this.credentials = new UpstreamCredentials(entry, 'Mcp');
    const { origin, pathname, search } = new URL(entry.url);
    this.path = pathname + search;
    this.pool = upstreamPool(origin, {
      timeout: CONNECT_TIMEOUT_MS,
      tls: this.credentials.tls,
      // The client decides how long a call may take: the gateway aborts the call when the client disconnects.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize,
    });
  }

  /**
   * Sends a request with the credentials of the entry. Returns the response as soon as its headers have arrived.
   *
   * @throws GatewayError 502 when the server doesn't respond, or responds with a content encoding, or the authorization
   * server gives no token; 401 when a token exchange has no token of a user
   */
  async send(request: UpstreamRequest): Promise<UpstreamResponse> {
    try {
      return await this.credentials.send({
        headers: request.headers,
        subjectToken: request.subjectToken,
        signal: request.signal,
        send: (headers) => this.request({ ...request, headers }),
        statusOf: ({ status }) => status,
        discard: (response) => this.drop(response),
      });
    } catch (cause) {
      if (cause instanceof UserTokenMissingError) {
        const challenge = { 'www-authenticate': 'Bearer' };
        throw new GatewayError(401, INVALID_REQUEST, cause.message, undefined, challenge);
      }
      throw this.failure(cause, request.signal);
    }
  }

  private async request({ method, headers, body, signal }: UpstreamRequest): Promise<UpstreamResponse> {
    const { path } = this;
    const response = await this.pool.request({ method, path, headers, body: body ?? null, signal });
    // The reader of the body gets its error. Without this listener, an error in an unread body would end the process.
    response.body.on('error', () => undefined);
    const type = String(response.headers['content-type'] ?? '');
    const encoding = String(response.headers['content-encoding'] ?? 'identity').toLowerCase();
    const problem =
      encoding === 'identity'
        ? unknownCoding(response.headers)
        : `its response is encoded as ${encoding}, which the gateway did not accept`;
    if (problem !== undefined) {
      response.body.destroy();
      throw new Error(problem);
    }
    return {
      status: response.statusCode,
      headers: response.headers,
      streams: response.statusCode === 200 && EVENTS.test(type),
      body: response.body,
    };
  }

  /**
   * Reads a whole response.
   *
   * @throws GatewayError 502 when the body breaks off, or is larger than `max` bytes
   */
  async read({ body }: UpstreamResponse, max: number, signal: AbortSignal): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > max) throw new Error(`its response is larger than ${max} bytes`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks).toString();
    } catch (cause) {
      throw this.failure(cause, signal);
    }
  }

  /**
   * Discards a response. The pool can reuse the connection, except that of a stream, because a stream may never end.
   */
  async drop({ body, streams }: UpstreamResponse): Promise<void> {
    if (streams) body.destroy();
    else await body.dump().catch(() => undefined);
  }

  /** Logs the cause of a server's failure, and makes the error for the client. The error doesn't hold the cause. */
  failure(cause: unknown, signal: AbortSignal): GatewayError {
    const { name, url } = this.entry;
    const isTooLarge = cause instanceof errors.HeadersOverflowError;
    const message = cause instanceof Error ? cause.message : 'unknown error';
    const reason = isTooLarge ? `${cause.code} the headers are too large; raise maxHeaderBytes` : message;
    // When the client disconnects, the server has not failed.
    const { origin, pathname } = new URL(url);
    if (!signal.aborted) this.logger.warn(`${name} (${origin}${pathname}): ${reason}`);
    return new GatewayError(502, INTERNAL_ERROR, 'The MCP server did not send a usable response');
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }
}

import type { IncomingHttpHeaders } from 'node:http';
import { Logger } from '@nestjs/common';
import { INTERNAL_ERROR } from '../protocol/parse.js';
import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import type { McpServerEntry } from '../options/server.schema.js';
import { GatewayError } from '../protocol/gateway-error.js';

const CONNECT_TIMEOUT_MS = 5_000;
const EVENTS = /^text\/event-stream[ \t]*(;|$)/i;

/** What goes to an MCP server. */
export interface UpstreamRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly headers: IncomingHttpHeaders;
  readonly body?: Buffer | string;
  /** Ends the exchange at once. */
  readonly signal: AbortSignal;
}

/** What an MCP server answers. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Whether it is a stream of events. */
  readonly streams: boolean;
  readonly body: Dispatcher.ResponseData['body'];
}

/** The connections to one MCP server. */
export class UpstreamClient {
  private readonly logger = new Logger('Mcp');
  private readonly path: string;
  private readonly pool: Pool;

  constructor(private readonly entry: Pick<McpServerEntry, 'name' | 'url'>) {
    const { origin, pathname } = new URL(entry.url);
    this.path = pathname;
    this.pool = new Pool(origin, {
      connect: { timeout: CONNECT_TIMEOUT_MS },
      // A call lasts as long as its client waits for it.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /**
   * Sends a request, and gives the answer as soon as it begins.
   *
   * @throws GatewayError 502 when the server gives none
   */
  async send({ method, headers, body, signal }: UpstreamRequest): Promise<UpstreamAnswer> {
    try {
      const { path } = this;
      const answer = await this.pool.request({ method, path, headers, body: body ?? null, signal });
      // Whoever reads the body sees its failure; one that nobody reads any more has none.
      answer.body.on('error', () => undefined);
      const type = String(answer.headers['content-type'] ?? '');
      const encoding = String(answer.headers['content-encoding'] ?? 'identity').toLowerCase();
      if (encoding !== 'identity') {
        answer.body.destroy();
        throw new Error(`its answer is encoded as ${encoding}, which it was not asked for`);
      }
      return {
        status: answer.statusCode,
        headers: answer.headers,
        streams: answer.statusCode === 200 && EVENTS.test(type),
        body: answer.body,
      };
    } catch (cause) {
      throw this.failure(cause, signal);
    }
  }

  /**
   * Reads a whole answer.
   *
   * @throws GatewayError 502 when it breaks off, or is larger than `max` bytes
   */
  async read({ body }: UpstreamAnswer, max: number, signal: AbortSignal): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > max) throw new Error(`its answer is larger than ${max} bytes`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks).toString();
    } catch (cause) {
      throw this.failure(cause, signal);
    }
  }

  /** Leaves an answer unread: its connection can be used again, unless it is a stream, which may never end. */
  async drop({ body, streams }: UpstreamAnswer): Promise<void> {
    if (streams) body.destroy();
    else await body.dump().catch(() => undefined);
  }

  /** What the client is told of the server's failure; the cause is logged. */
  failure(cause: unknown, signal: AbortSignal): GatewayError {
    const { name, url } = this.entry;
    const reason = cause instanceof Error ? cause.message : 'unknown error';
    // The client has gone: nothing is wrong with the server.
    if (!signal.aborted) this.logger.warn(`${name} (${new URL(url).origin}): ${reason}`);
    return new GatewayError(502, INTERNAL_ERROR, 'The MCP server did not give a usable answer');
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }
}

import { once } from 'node:events';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { HeaderValues } from 'nestjs-opa';
import type { JsonRpcId } from '../protocol/json-rpc.js';
import { settable } from '../upstream/header-rules.js';

/** Fastify's reply, as far as it is used. */
interface Reply {
  readonly raw: ServerResponse;
  getHeaders(): OutgoingHttpHeaders;
  hijack(): unknown;
}

/** A response as Nest gives it to a handler: Node's own under Express, around Node's own under Fastify. */
export type PlatformResponse = (ServerResponse | Reply) & {
  header(name: string, value: string): unknown;
};

/** `compression` adds this method: until it is called, events stay in its buffer. */
type Buffered = ServerResponse & { flush?: () => void };

/** The HTTP response to a client, written to Node's own response on Express and Fastify alike. */
export class ClientResponse {
  /** The id of the client's JSON-RPC request, once it is read. */
  requestId: JsonRpcId | undefined;
  /** Aborted when the client has gone, or the module ends the response. */
  readonly signal: AbortSignal;
  private readonly raw: Buffered;
  private readonly abort = new AbortController();
  private policyHeaders: HeaderValues = {};

  /** @param isClosing - tells whether the application is closing: the connection then ends with the response */
  constructor(
    platform: PlatformResponse,
    private readonly isClosing: () => boolean = () => false,
  ) {
    this.raw = 'raw' in platform ? takeOver(platform) : platform;
    this.signal = this.abort.signal;
    if (this.raw.destroyed) this.abort.abort();
    this.raw.once('close', () => {
      if (!this.raw.writableFinished) this.abort.abort();
    });
  }

  /** Whether the headers have left. */
  get hasBegun(): boolean {
    return this.raw.headersSent;
  }

  /** Sets a policy's headers on the response, unless the response has begun by then. */
  addHeaders(headers: HeaderValues | undefined): void {
    this.policyHeaders = { ...this.policyHeaders, ...settable(headers) };
  }

  /**
   * Sends a JSON text.
   *
   * @param headers - what the response has beside the policies' headers, which win
   */
  json(status: number, text: string, headers: OutgoingHttpHeaders = {}): void {
    this.begin(status, headers, this.policyHeaders, { 'content-type': 'application/json; charset=utf-8' });
    this.raw.end(text);
  }

  /** Sends a response without a body, and without policies' headers. */
  empty(status: number, headers: OutgoingHttpHeaders = {}): void {
    this.begin(status, headers);
    this.raw.end();
  }

  /** Begins an event stream. */
  beginStream(status: number, headers: OutgoingHttpHeaders): void {
    // With a charset of the upstream's a client would read other text than what was decided.
    this.begin(status, headers, this.policyHeaders, { 'content-type': 'text/event-stream' });
    this.raw.flushHeaders();
  }

  /** Sends a part of a stream, and waits while the client reads too slowly. */
  async write(text: string): Promise<void> {
    this.signal.throwIfAborted();
    if (text === '') return;
    const hasRoom = this.raw.write(text);
    this.raw.flush?.();
    if (!hasRoom) await once(this.raw, 'drain', { signal: this.signal });
  }

  /** Ends a stream, and waits until all of it has left. */
  async endStream(): Promise<void> {
    if (this.raw.closed) return;
    // Express middleware such as `compression` takes a callback of `end` for a chunk. Node emits "close" after "finish".
    const closed = once(this.raw, 'close');
    this.raw.end();
    await closed;
  }

  /** Ends a stream as a whole one; what is under way for it is aborted. */
  finish(): void {
    if (this.raw.headersSent) this.raw.end();
    this.abort.abort();
  }

  /** Cuts a stream off, unless it has ended. */
  cutOff(): void {
    if (!this.raw.writableEnded) this.raw.destroy();
  }

  private begin(status: number, ...headers: readonly Headers[]): void {
    this.raw.statusCode = status;
    for (const some of headers) setOn(this.raw, some);
    if (this.isClosing()) this.raw.setHeader('connection', 'close');
  }
}

/** Takes Fastify's reply over, with the headers that were set on it. */
function takeOver(reply: Reply): ServerResponse {
  setOn(reply.raw, reply.getHeaders());
  reply.hijack();
  return reply.raw;
}

type Headers = Readonly<Record<string, number | string | readonly string[] | undefined>>;

function setOn(raw: ServerResponse, headers: Headers): void {
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) raw.setHeader(name, typeof value === 'object' ? [...value] : value);
  }
}

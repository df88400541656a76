import { once } from 'node:events';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { HeaderValues } from 'nestjs-opa';
import type { JsonRpcId } from '../protocol/json-rpc.js';
import { settable } from '../upstream/header-rules.js';

/** The members of Fastify's reply that the gateway uses. */
interface Reply {
  readonly raw: ServerResponse;
  getHeaders(): OutgoingHttpHeaders;
  hijack(): unknown;
}

/**
 * The response that Nest passes to a handler: Node's response on Express, a wrapper with Node's response on Fastify.
 */
export type PlatformResponse = (ServerResponse | Reply) & {
  header(name: string, value: string): unknown;
};

/** The middleware `compression` adds `flush`. It keeps events in its buffer until the gateway calls `flush`. */
type Buffered = ServerResponse & { flush?: () => void };

/** The HTTP response to a client. On both Express and Fastify this class writes to Node's response. */
export class ClientResponse {
  /** The id of the client's JSON-RPC request; `undefined` until the gateway has read the request. */
  requestId: JsonRpcId | undefined;
  /** Aborts when the client closes the connection, or the module ends the response. */
  readonly signal: AbortSignal;
  private readonly raw: Buffered;
  private readonly abort = new AbortController();
  private policyHeaders: HeaderValues = {};
  /** All writes that wait for the client share this promise. */
  private drain: PendingDrain | undefined;

  /** @param isClosing - whether the application is closing; if so, the response closes its connection */
  constructor(
    platform: PlatformResponse,
    private readonly isClosing: () => boolean = () => false,
  ) {
    this.raw = 'raw' in platform ? takeOver(platform) : platform;
    this.signal = this.abort.signal;
    if (this.raw.destroyed) this.abort.abort();
    // The middleware `compression` moves listeners of "drain" to another stream, from which Node's `once` can't remove
    // them. So the response has one listener for all writes.
    this.raw.on('drain', this.endWait);
    this.signal.addEventListener('abort', this.endWait, { once: true });
    this.raw.once('close', () => {
      if (!this.raw.writableFinished) this.abort.abort();
    });
  }

  /** Whether Node has sent the headers. */
  get hasBegun(): boolean {
    return this.raw.headersSent;
  }

  /** Adds a policy's headers to the response. Headers added after the response has begun are lost. */
  addHeaders(headers: HeaderValues | undefined): void {
    this.policyHeaders = { ...this.policyHeaders, ...settable(headers) };
  }

  /**
   * Sends a JSON text.
   *
   * @param headers - other headers; where a policy sets the same header, the policy's value wins
   */
  json(status: number, text: string, headers: OutgoingHttpHeaders = {}): void {
    this.begin(status, headers, this.policyHeaders, { 'content-type': 'application/json; charset=utf-8' });
    this.raw.end(text);
  }

  /** Sends a response without a body and without the policies' headers. */
  empty(status: number, headers: OutgoingHttpHeaders = {}): void {
    this.begin(status, headers);
    this.raw.end();
  }

  /** Begins an event stream. */
  beginStream(status: number, headers: OutgoingHttpHeaders): void {
    // The upstream's charset is dropped: with it a client could read other text than the policy decided.
    this.begin(status, headers, this.policyHeaders, { 'content-type': 'text/event-stream' });
    this.raw.flushHeaders();
  }

  /** Sends a part of a stream. Waits while the client reads too slowly. */
  async write(text: string): Promise<void> {
    this.signal.throwIfAborted();
    if (text === '') return;
    const hasRoom = this.raw.write(text);
    this.raw.flush?.();
    if (hasRoom) return;
    await (this.drain ??= pendingDrain()).promise;
    this.signal.throwIfAborted();
  }

  /** Ends a stream. Waits until Node has sent all of it. */
  async endStream(): Promise<void> {
    if (this.raw.closed) return;
    // Express middleware such as `compression` treats a callback of `end` as a chunk. So this method waits for "close",
    // which Node emits after "finish".
    const closed = once(this.raw, 'close');
    this.raw.end();
    await closed;
  }

  /** Ends a stream normally, and aborts the work that goes on for this response. */
  finish(): void {
    if (this.raw.headersSent) this.raw.end();
    this.abort.abort();
  }

  /** Destroys the connection, unless the response has ended. */
  cutOff(): void {
    if (!this.raw.writableEnded) this.raw.destroy();
  }

  private readonly endWait = (): void => {
    this.drain?.resolve();
    this.drain = undefined;
  };

  private begin(status: number, ...headers: readonly Headers[]): void {
    this.raw.statusCode = status;
    for (const set of headers) setOn(this.raw, set);
    if (this.isClosing()) this.raw.setHeader('connection', 'close');
  }
}

interface PendingDrain {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function pendingDrain(): PendingDrain {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
}

/** Takes over Fastify's reply. Copies the reply's headers to Node's response. */
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

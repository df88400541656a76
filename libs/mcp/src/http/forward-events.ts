import { Logger } from '@nestjs/common';
import { EventSplitter, KEEP_ALIVE, StreamEvent } from '../protocol/event-stream.js';
import type { Piece } from '../protocol/event-stream.js';
import { GatewayError } from '../protocol/gateway-error.js';
import type { ForwardedResponse } from './forwarded-response.js';
import { errorText, UNUSABLE_RESPONSE } from './refuse.js';

/** The largest size of an event's fields beside its message, in characters. */
const FIELDS = 64 * 1024;

/** Sends an upstream's event stream to the client. Inspects each event as soon as it arrives, before the client gets it. */
export async function forwardEvents(forwarded: ForwardedResponse): Promise<void> {
  await new EventForwarder(forwarded).run();
}

class EventForwarder {
  private readonly logger = new Logger('Mcp');
  private isResumable = false;
  /** Whether the client has received the response to the call. */
  private hasResponse = false;

  constructor(private readonly forwarded: ForwardedResponse) {}

  async run(): Promise<void> {
    const { exchange, upstream, headers } = this.forwarded;
    const { response, server } = exchange;
    const body = upstream.body as AsyncIterable<Buffer>;
    response.beginStream(upstream.status, headers);
    try {
      await this.passAll(body, new EventSplitter(server.entry.maxResultBytes + FIELDS));
      await response.endStream();
    } catch (cause) {
      if (!response.signal.aborted) await this.reportBroken(cause);
      response.cutOff();
    } finally {
      upstream.body.destroy();
    }
  }

  /** Sends events to the client until the stream ends, or {@link EventForwarder.pass} stops it. */
  private async passAll(body: AsyncIterable<Buffer>, splitter: EventSplitter): Promise<void> {
    for await (const chunk of body) {
      for (const piece of splitter.push(chunk)) {
        if (piece === KEEP_ALIVE) await this.write(piece);
        else if (!(await this.pass(piece))) return;
      }
    }
  }

  /** Inspects one event and sends what the client may see. Returns `false` when the stream must end after the event. */
  private async pass(event: StreamEvent): Promise<boolean> {
    const { exchange, call, inspector } = this.forwarded;
    const { id, data = '', fault } = event;
    if (fault !== undefined) return this.withhold(new StreamEvent({}), fault);
    // The modern era has no resumption.
    if (id !== undefined && id !== '' && call?.era !== 'modern') {
      this.isResumable = true;
      await exchange.session.noteEvent(id);
    }
    if (data === '') {
      await this.write(event);
      return true;
    }
    const inspected = await inspector.inspect(data);
    if (inspected.kind === 'pass') {
      this.hasResponse ||= inspected.isResponse;
      await this.write(event.with(inspected.text));
    } else if (inspected.kind === 'refuse') {
      this.hasResponse ||= inspected.id === call?.request.id;
      await this.write(event.with(errorText(inspected.id, inspected.refusal)));
    } else if (inspected.kind === 'drop') {
      await this.write(event.withoutMessage());
    } else return this.withhold(event, inspected.why);
    return true;
  }

  /** Keeps an event's message back. A call that still waits for its response gets an error, and the stream ends. */
  private async withhold(event: StreamEvent, why: string): Promise<boolean> {
    const { exchange, call } = this.forwarded;
    this.logger.warn(`${exchange.server.entry.name}: the gateway does not forward an event: ${why}`);
    const isLost = call !== undefined && !this.hasResponse;
    await this.write(
      isLost ? event.with(errorText(call.request.id, UNUSABLE_RESPONSE)) : event.withoutMessage(),
    );
    return !isLost;
  }

  /**
   * Sends the client an error when the stream breaks before the response to the call. A client that can resume the
   * stream gets no error, except when an event is too large: the event would be too large again.
   */
  private async reportBroken(cause: unknown): Promise<void> {
    const { exchange, call } = this.forwarded;
    const isOwnFailure = cause instanceof GatewayError;
    if (!isOwnFailure) exchange.server.upstream.failure(cause, exchange.response.signal);
    if (call === undefined || this.hasResponse) return;
    if (this.isResumable && !(cause instanceof RangeError)) return;
    await this.write(
      new StreamEvent({ data: errorText(call.request.id, isOwnFailure ? cause : UNUSABLE_RESPONSE) }),
    );
    await exchange.response.endStream();
  }

  private async write(piece: Piece): Promise<void> {
    await this.forwarded.exchange.response.write(String(piece));
  }
}

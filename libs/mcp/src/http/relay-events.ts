import { Logger } from '@nestjs/common';
import type { McpCall } from '../protocol/call.js';
import { EventSplitter, KEEP_ALIVE, StreamEvent } from '../protocol/event-stream.js';
import type { Piece } from '../protocol/event-stream.js';
import type { Exchange } from './exchange.js';
import type { Inspector } from './inspector.js';
import { errorText, NO_ANSWER } from './refuse.js';
import type { UpstreamAnswer } from '../upstream/upstream-client.js';

/** The largest size of an event's fields beside its message, in characters. */
const FIELDS = 64 * 1024;

/**
 * Sends an upstream's event stream to the client. Inspects each event as soon as it arrives, before the client gets it.
 *
 * @param call - the request that the stream answers; `undefined` on the stream of a GET
 */
export async function relayEvents(
  exchange: Exchange,
  answer: UpstreamAnswer,
  inspector: Inspector,
  headers: UpstreamAnswer['headers'],
  call?: McpCall,
): Promise<void> {
  await new EventRelay(exchange, inspector, call).run(answer, headers);
}

class EventRelay {
  private readonly logger = new Logger('Mcp');
  private resumable = false;
  private answered = false;

  constructor(
    private readonly exchange: Exchange,
    private readonly inspector: Inspector,
    private readonly call: McpCall | undefined,
  ) {}

  async run({ body, status }: UpstreamAnswer, headers: UpstreamAnswer['headers']): Promise<void> {
    const { response, server } = this.exchange;
    response.beginStream(status, headers);
    try {
      await this.passAll(
        body as AsyncIterable<Buffer>,
        new EventSplitter(server.entry.maxResultBytes + FIELDS),
      );
      await response.endStream();
    } catch (cause) {
      if (!response.signal.aborted) await this.broken(cause);
      response.cutOff();
    } finally {
      body.destroy();
    }
  }

  /** Sends events to the client until the stream ends, or {@link EventRelay.pass} stops it. */
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
    const { exchange, call } = this;
    const { id, data = '', fault } = event;
    if (fault !== undefined) return this.withhold(new StreamEvent({}), fault);
    // The modern era has no resumption.
    if (id !== undefined && id !== '' && call?.era !== 'modern') {
      this.resumable = true;
      exchange.session.noteEvent(id);
    }
    if (data === '') {
      await this.write(event);
      return true;
    }
    const seen = await this.inspector.inspect(data);
    if (seen.kind === 'pass') {
      this.answered ||= seen.answers;
      await this.write(event.with(seen.text));
    } else if (seen.kind === 'refuse') {
      this.answered ||= seen.id === call?.request.id;
      await this.write(event.with(errorText(seen.id, seen.refusal)));
    } else if (seen.kind === 'drop') {
      await this.write(event.withoutMessage());
    } else return this.withhold(event, seen.why);
    return true;
  }

  /** Keeps an event's message back. A call that still waits for its response gets an error, and the stream ends. */
  private async withhold(event: StreamEvent, why: string): Promise<boolean> {
    const { exchange, call } = this;
    this.logger.warn(`${exchange.server.entry.name}: an event is not passed on: ${why}`);
    const lost = call !== undefined && !this.answered;
    await this.write(lost ? event.with(errorText(call.request.id, NO_ANSWER)) : event.withoutMessage());
    return !lost;
  }

  /**
   * Sends the client an error when the stream breaks before the response to the call. A client that can resume the
   * stream gets no error, except when an event is too large: the event would be too large again.
   */
  private async broken(cause: unknown): Promise<void> {
    const { exchange, call } = this;
    exchange.server.upstream.failure(cause, exchange.response.signal);
    if (call === undefined || this.answered) return;
    if (this.resumable && !(cause instanceof RangeError)) return;
    await this.write(new StreamEvent({ data: errorText(call.request.id, NO_ANSWER) }));
    await exchange.response.endStream();
  }

  private async write(piece: Piece): Promise<void> {
    await this.exchange.response.write(String(piece));
  }
}

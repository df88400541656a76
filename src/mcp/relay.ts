import { once } from 'node:events';
import type { OutgoingHttpHeaders } from 'node:http';
import { Logger } from '@nestjs/common';
import type { McpCall } from 'nestjs-opa/mcp';
import { INTERNAL_ERROR } from 'nestjs-opa/mcp';
import { EventSplitter } from './events.js';
import type { StreamEvent } from './events.js';
import type { Exchange } from './exchange.js';
import type { Inspector } from './inspector.js';
import { errorText } from './refuse.js';
import type { UpstreamAnswer } from './upstream-client.js';

/** What an event's fields may take beside its message. */
const FIELDS = 64 * 1024;
const NO_ANSWER = { code: INTERNAL_ERROR, message: 'The MCP server did not give a usable answer' };

/**
 * Passes an event stream on, each event as it comes and once it may pass.
 *
 * @param call - the request that the stream answers; none on a standing or resumed stream
 */
export async function relay(
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
    const { reply, server, signal } = this.exchange;
    this.exchange.setHeaders(headers);
    reply.hijack();
    reply.raw.writeHead(status, reply.getHeaders() as OutgoingHttpHeaders).flushHeaders();
    const splitter = new EventSplitter(server.entry.maxResultBytes + FIELDS);
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        for (const piece of splitter.push(chunk)) {
          if (typeof piece === 'string') await this.write(piece);
          else if (!(await this.pass(piece))) {
            reply.raw.end();
            return;
          }
        }
      }
      reply.raw.end();
    } catch (cause) {
      if (!signal.aborted) await this.broken(cause);
      if (!reply.raw.writableEnded) reply.raw.destroy();
    } finally {
      body.destroy();
    }
  }

  /** Passes one event on; `false` when nothing may follow it. */
  private async pass(event: StreamEvent): Promise<boolean> {
    const { exchange, call } = this;
    // The newer era has no resumption.
    if (event.id !== undefined && event.id !== '' && call?.era !== 'modern') {
      this.resumable = true;
      exchange.sent(event.id);
    }
    const { data = '' } = event;
    if (data === '') {
      await this.write(event.toString());
      return true;
    }
    const seen = await this.inspector.inspect(data);
    if (seen.kind === 'pass') {
      this.answered ||= seen.answers;
      await this.write((seen.text === data ? event : event.with(seen.text)).toString());
      return true;
    }
    if (seen.kind === 'refuse') {
      this.answered ||= seen.id === call?.request.id;
      await this.write(event.with(errorText(seen.id, seen.refusal)).toString());
      return true;
    }
    this.logger.warn(`${exchange.server.entry.name}: an event is not passed on: ${seen.why}`);
    const lost = call !== undefined && !this.answered;
    await this.write(event.with(lost ? errorText(call.request.id, NO_ANSWER) : '').toString());
    return !lost;
  }

  /** Tells a client that its answer won't come, unless it can resume the stream; what is too large stays too large. */
  private async broken(cause: unknown): Promise<void> {
    const { exchange, call } = this;
    exchange.server.upstream.failure(cause, exchange.signal);
    if (call === undefined || this.answered) return;
    if (this.resumable && !(cause instanceof RangeError)) return;
    await this.write(`data: ${errorText(call.request.id, NO_ANSWER)}\n\n`);
    await new Promise<void>((resolve) => exchange.reply.raw.end(resolve));
  }

  private async write(text: string): Promise<void> {
    const { reply, signal } = this.exchange;
    signal.throwIfAborted();
    if (!reply.raw.write(text)) await once(reply.raw, 'drain', { signal });
  }
}

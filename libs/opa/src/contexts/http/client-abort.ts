import type { ExecutionContext } from '@nestjs/common';
import type { CancelSignal } from '../../contracts/index.js';
import type { RawReply } from './reply.js';
import { httpReply, rawReply } from './reply.js';

const NO_LISTENERS: readonly (() => void)[] = [];

/**
 * A signal that aborts when an HTTP client disconnects before it has the whole response.
 *
 * @remarks The signal reads the socket's state only when `aborted` is read, and listens for `close` only while it has listeners.
 * A decision that is made synchronously needs neither.
 */
export class ClientAbort implements CancelSignal {
  private reply: RawReply | undefined;
  private listeners: readonly (() => void)[] = NO_LISTENERS;
  private onClose: (() => void) | undefined;

  constructor(private readonly context: ExecutionContext) {}

  get aborted(): boolean {
    return this.raw.destroyed;
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    this.listeners = [...this.listeners, listener];
    if (this.onClose !== undefined) return;
    // With an arrow function, V8 allocates the closure in the old generation, which retains the request.
    this.onClose = this.abort.bind(this);
    this.raw.on('close', this.onClose);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.listeners = this.listeners.filter((other) => other !== listener);
    if (this.listeners.length > 0 || this.onClose === undefined) return;
    this.raw.off('close', this.onClose);
    this.onClose = undefined;
  }

  private get raw(): RawReply {
    return (this.reply ??= rawReply(httpReply(this.context)));
  }

  private abort(): void {
    if (this.raw.writableFinished) return;
    for (const listener of this.listeners) listener();
  }
}

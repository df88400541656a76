import type { ExecutionContext } from '@nestjs/common';
import type { CancelSignal } from '../../contracts/index.js';
import type { RawReply } from './reply.js';
import { httpReply, rawReply } from './reply.js';

const NO_LISTENERS: readonly (() => void)[] = [];

/**
 * The leaving of an HTTP client.
 *
 * @remarks Looked for once somebody asks, and listened for while somebody wants to be told: nobody does of a decision
 * that is made at once.
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
    // A function written here, for a property, V8 would make in the old generation, and keep the request with it.
    this.onClose = this.tell.bind(this);
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

  private tell(): void {
    if (this.raw.writableFinished) return;
    for (const listener of this.listeners) listener();
  }
}

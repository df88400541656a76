import type { ExecutionContext, MessageEvent } from '@nestjs/common';
import { kindOf } from '../input/index.js';

// Nest's own metadata; it exports no name for it.
const SSE = '__sse__';

/** Tells whether a handler answers with an event stream (`@Sse()`). */
export function isEventStream(context: ExecutionContext): boolean {
  return kindOf(context) === 'http' && Reflect.hasMetadata(SSE, context.getHandler());
}

/** Tells whether each item of a handler's Observable leaves by itself; elsewhere the last one is the result. */
export function leavesByItem(context: ExecutionContext): boolean {
  const kind = kindOf(context);
  return kind === 'ws' || kind === 'rpc' || kind === 'grpc' || isEventStream(context);
}

/**
 * The event that Nest makes of an item, with the data as JSON will hold it: a handler may go on changing an object that
 * it has sent, and what leaves must be what was decided.
 */
export function eventOf(item: unknown): Partial<MessageEvent> {
  const event = (
    typeof item === 'object' && item !== null ? item : { data: item }
  ) as Partial<MessageEvent> & {
    readonly comment?: string;
  };
  const { type, id, retry, comment } = event;
  const text = JSON.stringify(event.data) as string | undefined;
  return {
    ...Object.fromEntries(
      Object.entries({ type, id, retry, comment }).filter(([, value]) => value !== undefined),
    ),
    ...(text !== undefined && { data: JSON.parse(text) as object }),
  };
}

import type { ExecutionContext, MessageEvent } from '@nestjs/common';

// Nest's own metadata; it exports no names for them.
const RENDER = '__renderTemplate__';
const REDIRECT = '__redirect__';

/** Tells whether Nest makes something else of a handler's result than the answer's body (`@Render()`, `@Redirect()`). */
export function answersOtherwise(context: ExecutionContext): boolean {
  const handler = context.getHandler();
  return Reflect.hasMetadata(RENDER, handler) || Reflect.hasMetadata(REDIRECT, handler);
}

/**
 * The event that Nest makes of an item.
 *
 * @param isFinal - whether nothing else works on it: its data is then what JSON will hold, for a handler may go on
 * changing an object that it has sent, and what leaves must be what was decided
 */
export function eventOf(item: unknown, isFinal: boolean): Partial<MessageEvent> {
  const event = (
    typeof item === 'object' && item !== null ? item : { data: item }
  ) as Partial<MessageEvent> & {
    readonly comment?: string;
  };
  const { type, id, retry, comment } = event;
  const data = isFinal ? writtenData(event.data) : event.data;
  return {
    ...Object.fromEntries(
      Object.entries({ type, id, retry, comment }).filter(([, value]) => value !== undefined),
    ),
    ...(data !== undefined && { data }),
  };
}

function writtenData(data: unknown): object | undefined {
  const text = JSON.stringify(data) as string | undefined;
  return text === undefined ? undefined : (JSON.parse(text) as object);
}

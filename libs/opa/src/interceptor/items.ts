import type { ExecutionContext, MessageEvent } from '@nestjs/common';

// The keys of Nest's metadata. Nest does not export them.
const RENDER = '__renderTemplate__';
const REDIRECT = '__redirect__';

/** Tells whether Nest uses a handler's result for something other than the body (`@Render()`, `@Redirect()`). */
export function usesResultOtherwise(context: ExecutionContext): boolean {
  const handler = context.getHandler();
  return Reflect.hasMetadata(RENDER, handler) || Reflect.hasMetadata(REDIRECT, handler);
}

/**
 * The server-sent event that Nest makes from an item.
 *
 * @param isFinal - whether no other interceptor can change the event. Then `data` becomes a JSON copy. A handler may
 * change an object after it has emitted the object, but the client must receive the data that the policy saw
 */
export function eventOf(item: unknown, isFinal: boolean): Partial<MessageEvent> {
  const event = (
    typeof item === 'object' && item !== null ? item : { data: item }
  ) as Partial<MessageEvent> & {
    readonly comment?: string;
  };
  const { type, id, retry, comment } = event;
  const data = isFinal ? serializedData(event.data) : event.data;
  return {
    ...Object.fromEntries(
      Object.entries({ type, id, retry, comment }).filter(([, value]) => value !== undefined),
    ),
    ...(data !== undefined && { data }),
  };
}

function serializedData(data: unknown): object | undefined {
  const text = JSON.stringify(data) as string | undefined;
  return text === undefined ? undefined : (JSON.parse(text) as object);
}

import type { HttpReply } from '../contexts/index.js';

/** Fastify's own symbol for what it knows of a route; it exports no name for it. */
const ROUTE = 'fastify.context';

/**
 * What of the application changes an object on its way to the client, and is not run for a text: a `res.json` that a
 * middleware has replaced (Express), or `preSerialization` hooks (Fastify).
 *
 * @remarks It may take fields out that nobody must see, so it must not be skipped.
 */
export function rewriterOf(reply: HttpReply): string | undefined {
  if (Object.hasOwn(reply, 'json')) return 'res.json()';
  const request = reply.request ?? {};
  const symbol = Object.getOwnPropertySymbols(request).find(({ description }) => description === ROUTE);
  const route = symbol && (request as Record<symbol, { preSerialization?: unknown } | null>)[symbol];
  return (route?.preSerialization ?? undefined) === undefined ? undefined : 'a preSerialization hook';
}

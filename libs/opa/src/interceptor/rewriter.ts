import type { HttpReply } from '../contexts/index.js';

/** The description of Fastify's symbol for the context of a route. Fastify does not export the symbol. */
const ROUTE = 'fastify.context';

/**
 * Finds application code that changes objects before the adapter sends them, but does not run for text. On Express
 * this is a `res.json` that a middleware has replaced. On Fastify these are `preSerialization` hooks.
 *
 * @remarks This code may remove secret fields, so the interceptor must not skip it.
 * @returns the name of the code for a warning; `undefined` when there is no such code
 */
export function rewriterOf(reply: HttpReply): string | undefined {
  if (Object.hasOwn(reply, 'json')) return 'res.json()';
  const request = reply.request ?? {};
  const symbol = Object.getOwnPropertySymbols(request).find(({ description }) => description === ROUTE);
  const route = symbol && (request as Record<symbol, { preSerialization?: unknown } | null>)[symbol];
  return (route?.preSerialization ?? undefined) === undefined ? undefined : 'a preSerialization hook';
}

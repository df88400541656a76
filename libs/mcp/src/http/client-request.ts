import type { FastifyRequest } from 'fastify';

/** A request of a client, once its caller is known. */
export type ClientRequest = FastifyRequest & {
  /** The claims of the caller's token, as it has them; `undefined` without one. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
};

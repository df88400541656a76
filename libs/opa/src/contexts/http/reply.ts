import type { ExecutionContext } from '@nestjs/common';
import type { EventEmitter } from 'node:events';

/** The members of a `ServerResponse` of `node:http` that the library reads. */
export interface RawReply extends EventEmitter {
  readonly writableFinished: boolean;
  readonly destroyed: boolean;
  readonly headersSent: boolean;
}

/** The members of a reply that the library uses. They are the same on Express and Fastify, except where noted. */
export interface HttpReply {
  readonly statusCode: number;
  readonly raw?: RawReply;
  header(name: string, value: string | string[]): unknown;
  removeHeader(name: string): unknown;
  getHeaders(): Record<string, string | string[] | number | undefined>;
  /** Fastify only: the request. */
  readonly request?: object;
  /** Fastify only: serializes a payload by `reply.serializer()`, by the route's schema, or as JSON. */
  serialize?(payload: unknown): string | ArrayBuffer | Uint8Array;
  /** Fastify only: sets the function that serializes the payload. */
  serializer?(write: (payload: unknown) => unknown): unknown;
  /** Express only: the application and its settings. */
  readonly app?: { get(setting: string): unknown };
}

/** Returns the reply of an HTTP context. */
export function httpReply(context: ExecutionContext): HttpReply {
  return context.switchToHttp().getResponse<HttpReply>();
}

/** Returns the `ServerResponse` of `node:http` behind a reply. */
export function rawReply(reply: HttpReply): RawReply {
  return reply.raw ?? (reply as unknown as RawReply);
}

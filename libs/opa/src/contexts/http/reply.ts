import type { ExecutionContext } from '@nestjs/common';
import type { EventEmitter } from 'node:events';

/** The reply of `node:http`. */
export interface RawReply extends EventEmitter {
  readonly writableFinished: boolean;
  readonly destroyed: boolean;
  readonly headersSent: boolean;
}

/** What the library needs of a reply, the same on Express and Fastify. */
export interface HttpReply {
  readonly statusCode: number;
  readonly raw?: RawReply;
  header(name: string, value: string | string[]): unknown;
  removeHeader(name: string): unknown;
  getHeaders(): Record<string, string | string[] | number | undefined>;
  /** Of Fastify: the request. */
  readonly request?: object;
  /** Of Fastify: writes a payload by `reply.serializer()`, the route's schema or as JSON. */
  serialize?(payload: unknown): string | ArrayBuffer | Uint8Array;
  /** Of Fastify: sets what a payload is written by. */
  serializer?(write: (payload: unknown) => unknown): unknown;
  /** Of Express: the application and its settings. */
  readonly app?: { get(setting: string): unknown };
}

/** The reply of an HTTP context. */
export function httpReply(context: ExecutionContext): HttpReply {
  return context.switchToHttp().getResponse<HttpReply>();
}

/** The reply of `node:http` under a reply. */
export function rawReply(reply: HttpReply): RawReply {
  return reply.raw ?? (reply as unknown as RawReply);
}

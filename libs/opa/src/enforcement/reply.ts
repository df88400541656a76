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
}

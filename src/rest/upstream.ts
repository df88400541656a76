import { AsyncLocalStorage } from 'node:async_hooks';
import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import type { UpstreamEntry } from '../config/index.js';

/** How long a streamed answer may pause, in milliseconds, when it isn't held back for a decision. */
const STREAM_PAUSE_MS = 300_000;

/** One call to an upstream. */
export interface UpstreamCall {
  readonly pool: Dispatcher;
  /** The path with its query, as the client wrote it. */
  readonly path: string;
  /** Ends the call when the client has gone. */
  readonly signal: AbortSignal;
}

const calls = new AsyncLocalStorage<UpstreamCall>();

/** Runs `start` so that the request which it makes through {@link dispatcher} is this call. */
export const withCall = (call: UpstreamCall, start: () => void): void => calls.run(call, start);

type Requester = (
  options: Dispatcher.RequestOptions,
  done: (error: Error | null, data: Dispatcher.ResponseData) => void,
) => void;

const request: Requester = (options, done) => {
  const call = calls.getStore();
  if (!call) throw new Error('a request outside of withCall');
  const { pool, path, signal } = call;
  pool.request({ ...options, path, signal }, done);
};

/**
 * What `@fastify/reply-from` sends its requests through: it has no way to end one when the client goes away, writes
 * paths anew, and would not check an upstream's certificate.
 */
export const dispatcher = { request: request as Dispatcher['request'] };

/** One upstream: what its entry says, and its connections. */
export class Upstream {
  readonly url: URL;
  readonly pool: Pool;
  private readonly basePath: string;

  constructor(
    readonly entry: Readonly<UpstreamEntry>,
    /** The decision asked before each call. */
    readonly policy: string,
    /** Names of headers that only a policy may set, in small letters; `*` at the end stands for anything. */
    readonly policyHeaders: readonly string[],
  ) {
    this.url = new URL(entry.url);
    this.basePath = this.url.pathname.replace(/\/$/, '');
    this.pool = new Pool(this.url.origin, {
      connect: { timeout: entry.timeout },
      headersTimeout: entry.timeout,
      bodyTimeout: entry.response === undefined ? STREAM_PAUSE_MS : entry.timeout,
    });
  }

  /** The whole path of a request to the upstream. */
  pathOf(path: string): string {
    return this.basePath + path;
  }
}

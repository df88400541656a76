import { AsyncLocalStorage } from 'node:async_hooks';
import { upstreamPool } from 'nestjs-opa-mcp/internal';
import type { Dispatcher } from 'undici';
import type { PublicUrl } from 'nestjs-opa-mcp/internal';
import type { UpstreamEntry } from '../config/index.js';

/** How long a streamed response may pause when the upstream has no response policy, in milliseconds. */
const STREAM_PAUSE_MS = 300_000;

/** A call to an upstream. */
export interface UpstreamCall {
  readonly pool: Dispatcher;
  /** The whole path at the upstream, with the query. */
  readonly path: string;
  /** Ends the call when the client disconnects. */
  readonly signal: AbortSignal;
}

const calls = new AsyncLocalStorage<UpstreamCall>();

/**
 * Runs `start`. The request that `start` sends through {@link dispatcher} uses the pool, path and signal of the call.
 */
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
 * The dispatcher through which `@fastify/reply-from` sends its requests. Without this dispatcher, `@fastify/reply-from`:
 *
 * - can't end a call when the client disconnects,
 * - rewrites paths,
 * - does not check an upstream's certificate.
 */
export const dispatcher = { request: request as Dispatcher['request'] };

/** An upstream: its entry in the gateway's file and its pool of connections. */
export class Upstream {
  readonly url: URL;
  readonly pool: Dispatcher;
  private readonly basePath: string;

  constructor(
    readonly entry: Readonly<UpstreamEntry>,
    /** The policy path for requests. */
    readonly policy: string,
    /** The names of headers that only a policy may set, in lower case. `*` at the end matches any suffix. */
    readonly policyHeaders: readonly string[],
    /** The URL under which clients reach the gateway. */
    readonly publicUrl: PublicUrl,
  ) {
    this.url = new URL(entry.url);
    this.basePath = this.url.pathname.replace(/\/$/, '');
    this.pool = upstreamPool(this.url.origin, {
      timeout: entry.timeout,
      headersTimeout: entry.timeout,
      bodyTimeout: entry.response === undefined ? STREAM_PAUSE_MS : entry.timeout,
    });
  }

  /** The path of a request at the upstream: the base path and the path of the request. */
  pathOf(path: string): string {
    return this.basePath + path;
  }
}

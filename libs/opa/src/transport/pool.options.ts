import { optional } from 'valibot';
import { count, milliseconds, section } from '../contracts/index.js';

/** Limits of the pool of sockets to OPA. */
export interface OpaPoolOptions {
  /** The most sockets to one OPA. Default: 100. */
  maxSockets?: number;
  /** The most idle sockets. Default: `maxSockets`; with fewer, sockets would be closed and opened all the time. */
  maxFreeSockets?: number;
  /** How long a socket may idle, in milliseconds. Default: 4,000. */
  freeSocketTimeout?: number;
  /** How long a socket may live, in milliseconds, so that connections move to new OPAs in a rollout. Default: 60,000. */
  socketTtl?: number;
  /**
   * How long connecting may take, in milliseconds. Each address of a name gets a quarter of this time, and the last one
   * the rest. Default: 250, or `timeout` when that is shorter.
   */
  connectTimeout?: number;
  /** How many decisions may wait for a socket. The next one fails at once with `OPA_OVERLOADED`. Default: 1,000. */
  maxPending?: number;
  /** The largest response that is accepted from OPA, in bytes. Default: 1 MiB. */
  maxResponseBytes?: number;
}

/** {@link OpaPoolOptions} with every default filled in. */
export type PoolSettings = Readonly<Required<OpaPoolOptions>>;

/** Accepts {@link OpaPoolOptions}. */
export const poolSchema = section({
  maxSockets: optional(count(1)),
  maxFreeSockets: optional(count(0)),
  freeSocketTimeout: optional(milliseconds(1)),
  socketTtl: optional(milliseconds(1)),
  connectTimeout: optional(milliseconds(1)),
  maxPending: optional(count(0)),
  maxResponseBytes: optional(count(1)),
});

/** Fills in the defaults. A default is never larger than `timeout`; the options' own values were checked before. */
export function poolSettings(options: OpaPoolOptions, timeout: number): PoolSettings {
  const maxSockets = options.maxSockets ?? 100;
  return {
    maxSockets,
    maxFreeSockets: options.maxFreeSockets ?? maxSockets,
    freeSocketTimeout: options.freeSocketTimeout ?? 4_000,
    socketTtl: options.socketTtl ?? 60_000,
    connectTimeout: options.connectTimeout ?? Math.min(250, timeout),
    maxPending: options.maxPending ?? 1_000,
    maxResponseBytes: options.maxResponseBytes ?? 1024 * 1024,
  };
}

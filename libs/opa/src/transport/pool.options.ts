import { count, milliseconds, optional, section } from '../contracts/index.js';

/** Bounds of the pool of sockets to OPA. */
export interface OpaPoolOptions {
  /** Sockets to one OPA at the most. Default: 100. */
  maxSockets?: number;
  /** Idle sockets kept at the most. Default: as many as `maxSockets`, for fewer would churn. */
  maxFreeSockets?: number;
  /** An idle socket is closed after this, in milliseconds. Default: 4,000. */
  freeSocketTimeout?: number;
  /** A socket is retired after this, in milliseconds, so that connections spread over a rollout. Default: 60,000. */
  socketTtl?: number;
  /**
   * A connection must stand within this, in milliseconds; each address of a name has a quarter of it, the last one the
   * rest. Default: 250, or `timeout` when that is shorter.
   */
  connectTimeout?: number;
  /** Decisions that may wait for a socket; one more is `OPA_OVERLOADED` at once. Default: 1,000. */
  maxPending?: number;
  /** The largest answer taken from OPA, in bytes. Default: 1 MiB. */
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

/** Fills in the defaults; implied values are clamped to the given ones, explicit ones have been checked before. */
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

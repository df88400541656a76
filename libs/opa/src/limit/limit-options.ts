/** The injection token of {@link LimitOptions}. */
export const LIMIT_OPTIONS = Symbol.for('nestjs-opa:limit-options');

/** The part of an ioredis client, `Redis` or `Cluster`, that counts requests. */
export interface LimitRedis {
  /** The state of the connection. */
  readonly status: string;
  /** Adds a command to the client. rate-limiter-flexible adds `rlflxIncr`. */
  defineCommand(name: string, definition: { lua: string; numberOfKeys?: number }): void;
}

/** The options of `LimitObligation`. */
export interface LimitOptions {
  /**
   * The ioredis client of the application. All replicas with the same Redis share their counters. Default: none; each
   * process counts in its own memory.
   */
  readonly redis?: LimitRedis | undefined;
  /** The longest wait for Redis, in milliseconds. Default: 1,000. */
  readonly timeout?: number | undefined;
}

/** The part of an ioredis client, `Redis` or `Cluster`, that the module uses. */
export interface McpRedis {
  /** The state of the connection. */
  readonly status: string;
  /** Runs a Lua script. */
  eval(script: string, numberOfKeys: number, ...keysAndValues: string[]): Promise<unknown>;
}

import type { JsonRpcRequest } from './json-rpc.js';

/** MCP's two eras: with sessions (2025-11-25 and older), and stateless (2026-07-28 and newer). */
export type McpEra = 'legacy' | 'modern';

/** Who calls. */
export interface McpCaller {
  /** The claims of the validated access token; `undefined` without one. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** The audience that stands for this server: the token's own where it names several, else the configured one. */
  readonly audience: string;
  /** The connection's address. */
  readonly ip?: string | undefined;
  /** The request's headers, by the allow-list. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A request on its way from a client to an MCP server. */
export interface McpCall {
  readonly request: JsonRpcRequest;
  readonly era: McpEra;
  readonly caller: McpCaller;
}

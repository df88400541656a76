import type { JsonRpcRequest } from './json-rpc.js';

/**
 * MCP's two eras: `legacy` has sessions (versions up to 2025-11-25), `modern` is stateless (version 2026-07-28 and later).
 */
export type McpEra = 'legacy' | 'modern';

/** The caller of a request. */
export interface McpCaller {
  /** The claims of the validated access token; `undefined` without one. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /**
   * The audience that stands for the MCP server: the token's own audience when the configuration accepts several, else the
   * configured audience.
   */
  readonly audience: string;
  /** The IP address of the connection. */
  readonly ip?: string | undefined;
  /** The request's headers that the allow-list names. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/** The claim `sub` of the caller; `undefined` for an anonymous caller. */
export const subOf = ({ claims }: McpCaller): unknown => claims?.['sub'];

/**
 * The caller as a JSON text: the claim `sub`, or `null` for an anonymous caller. `sub` is a string, so it can't be
 * `null`.
 */
export const subjectOf = (caller: McpCaller): string => JSON.stringify([subOf(caller) ?? null]);

/** A client's request to an MCP server. */
export interface McpCall {
  readonly request: JsonRpcRequest;
  readonly era: McpEra;
  readonly caller: McpCaller;
}

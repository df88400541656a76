import type { ExecutionContext } from '@nestjs/common';
import type { HttpRequest } from '../../input/index.js';

/** The context that `@rekog/mcp-nest` passes to handlers. */
export interface McpRequestContext {
  readonly mcpRequest: { readonly method: string; readonly params?: Readonly<Record<string, unknown>> };
  /** Returns the HTTP request that carried the message; `undefined` over standard input. */
  getRawRequest?(): HttpRequest | undefined;
  /** The context of the MCP SDK. Its signal aborts when the client cancels the request. */
  readonly sdkContext?: { readonly mcpReq?: { readonly signal?: AbortSignal } };
}

/** Returns the MCP context of an `rpc` context; `undefined` for other `rpc` contexts. */
export function findMcpContext(context: ExecutionContext): McpRequestContext | undefined {
  const mcp: unknown = context.getArgs<unknown[]>()[1];
  if (typeof mcp !== 'object' || mcp === null || !('mcpRequest' in mcp)) return undefined;
  const request = mcp.mcpRequest as { method?: unknown } | undefined;
  return typeof request?.method === 'string' ? (mcp as McpRequestContext) : undefined;
}

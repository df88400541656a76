import type { ExecutionContext } from '@nestjs/common';
import type { HttpRequest } from '../../input/index.js';

/** The context that MCP servers built on Nest's microservices (`@rekog/mcp-nest`) hand to their handlers. */
export interface McpRequestContext {
  readonly mcpRequest: { readonly method: string; readonly params?: Readonly<Record<string, unknown>> };
  /** The HTTP request that carried it; none over standard input. */
  getRawRequest?(): HttpRequest | undefined;
  /** The SDK's own context; its signal is aborted when the client cancels. */
  readonly sdkContext?: { readonly mcpReq?: { readonly signal?: AbortSignal } };
}

/** The MCP context of an rpc context; `undefined` when it isn't one. */
export function findMcpContext(context: ExecutionContext): McpRequestContext | undefined {
  const found: unknown = context.getArgs<unknown[]>()[1];
  if (typeof found !== 'object' || found === null || !('mcpRequest' in found)) return undefined;
  const request = found.mcpRequest as { method?: unknown } | undefined;
  return typeof request?.method === 'string' ? (found as McpRequestContext) : undefined;
}

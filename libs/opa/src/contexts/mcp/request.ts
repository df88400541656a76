import type { ExecutionContext } from '@nestjs/common';
import type { McpTarget } from '../../contracts/index.js';
import type { HttpRequest } from '../../input/index.js';
import type { MessageCarrier } from '../adapter.js';
import { mcpResourceOf } from './resources.js';

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

/** Returns the headers of the HTTP request. The trace context in `params._meta` replaces theirs. */
export function mcpCarrier(context: ExecutionContext): MessageCarrier {
  const mcp = findMcpContext(context);
  const http = mcp?.getRawRequest?.();
  const meta = mcp?.mcpRequest.params?.['_meta'];
  return { headers: { ...http?.headers, ...(typeof meta === 'object' && meta) } };
}

/** Names the message of an MCP context. */
export function mcpTarget(context: ExecutionContext): McpTarget | undefined {
  const { method, params } = findMcpContext(context)?.mcpRequest ?? {};
  if (method === undefined) return undefined;
  const { parameter } = mcpResourceOf(method) ?? {};
  const target = parameter === undefined ? undefined : params?.[parameter];
  return { method, ...(typeof target === 'string' && { target }) };
}

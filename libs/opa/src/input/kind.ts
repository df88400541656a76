import type { ExecutionContext } from '@nestjs/common';
import { isGrpc } from './grpc-call.js';
import { findMcpContext } from './mcp-request.js';

/** The kinds of context that can be decided. */
export type ContextKind = 'http' | 'graphql' | 'ws' | 'rpc' | 'grpc' | 'mcp';

/** Tells what kind of context this is; `undefined` for one that isn't known, which must be refused. */
export function kindOf(context: ExecutionContext): ContextKind | undefined {
  const type = context.getType<string>();
  if (type === 'rpc' && findMcpContext(context) !== undefined) return 'mcp';
  if (type === 'rpc') return isGrpc(context) ? 'grpc' : 'rpc';
  if (type === 'graphql') return type;
  return type === 'http' || type === 'ws' ? type : undefined;
}

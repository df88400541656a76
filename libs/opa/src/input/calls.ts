import type { ExecutionContext } from '@nestjs/common';
import type { Call, CallOptions } from './call.js';
import { graphqlCallOf } from './calls/graphql.js';
import { grpcCallOf } from './calls/grpc.js';
import { mcpCallOf } from './calls/mcp.js';
import { rpcCallOf } from './calls/rpc.js';
import { wsCallOf } from './calls/ws.js';
import type { ContextKind } from './kind.js';

type Describe = (context: ExecutionContext, options: CallOptions) => Call;

/** How each kind of context but plain HTTP is described. */
export const calls: Readonly<Partial<Record<ContextKind, Describe>>> = {
  graphql: graphqlCallOf,
  ws: wsCallOf,
  rpc: rpcCallOf,
  grpc: grpcCallOf,
  mcp: mcpCallOf,
};

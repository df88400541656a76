import type { ExecutionContext } from '@nestjs/common';
import { ForbiddenException, Logger } from '@nestjs/common';
import type { ContextKind } from '../contracts/index.js';
import { DENIED_MESSAGE } from '../decision/index.js';
import type { Call, CallOptions } from '../input/index.js';
import type { EnforcementPoint } from './adapter.js';
import { graphqlPoint } from './graphql/adapter.js';
import { graphqlCallOf } from './graphql/input.js';
import { grpcPoint } from './grpc/adapter.js';
import { isGrpc } from './grpc/call.js';
import { grpcCallOf } from './grpc/input.js';
import { httpPoint } from './http/adapter.js';
import { mcpPoint } from './mcp/adapter.js';
import { mcpCallOf } from './mcp/input.js';
import { findMcpContext } from './mcp/request.js';
import { rpcPoint } from './rpc/adapter.js';
import { rpcCallOf } from './rpc/input.js';
import { wsPoint } from './ws/adapter.js';
import { wsCallOf } from './ws/input.js';

type Describe = (context: ExecutionContext, options: CallOptions) => Call;

/** How each kind of context but plain HTTP is described. */
export const calls: Readonly<Partial<Record<ContextKind, Describe>>> = {
  graphql: graphqlCallOf,
  ws: wsCallOf,
  rpc: rpcCallOf,
  grpc: grpcCallOf,
  mcp: mcpCallOf,
};

const POINTS: Readonly<Partial<Record<ContextKind, EnforcementPoint>>> = {
  http: httpPoint,
  graphql: graphqlPoint,
  ws: wsPoint,
  rpc: rpcPoint,
  grpc: grpcPoint,
  mcp: mcpPoint,
};

const logger = new Logger('OpaEnforcement');

/** The refusal of a context whose kind isn't known. */
export class UnknownContextException extends ForbiddenException {}

/** Tells what kind of context this is; `undefined` for one that isn't known, which must be refused. */
export function kindOf(context: ExecutionContext): ContextKind | undefined {
  const type = context.getType<string>();
  if (type === 'rpc' && findMcpContext(context) !== undefined) return 'mcp';
  if (type === 'rpc') return isGrpc(context) ? 'grpc' : 'rpc';
  if (type === 'graphql') return type;
  return type === 'http' || type === 'ws' ? type : undefined;
}

/**
 * The enforcement point of a context.
 *
 * @throws UnknownContextException on a kind that isn't known: nothing is let through because nobody knows what it is
 */
export function pointOf(context: ExecutionContext): EnforcementPoint {
  const kind = kindOf(context);
  const point = kind && POINTS[kind];
  if (point !== undefined) return point;
  logger.error(`A context of type "${context.getType<string>()}" is not known; it is refused.`);
  throw new UnknownContextException(DENIED_MESSAGE);
}

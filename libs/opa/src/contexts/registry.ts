import type { ExecutionContext } from '@nestjs/common';
import { ForbiddenException, Logger } from '@nestjs/common';
import type { ContextKind } from '../contracts/index.js';
import { DENIED_MESSAGE } from '../decision/index.js';
import type { ContextAdapter } from './adapter.js';
import { graphqlAdapter } from './graphql/adapter.js';
import { grpcAdapter } from './grpc/adapter.js';
import { httpAdapter } from './http/adapter.js';
import { mcpAdapter } from './mcp/adapter.js';
import { rabbitAdapter } from './rabbitmq/adapter.js';
import { rpcAdapter } from './rpc/adapter.js';
import { wsAdapter } from './ws/adapter.js';

/** Every kind of context. The library tries them in this order: MCP and gRPC are special cases of `rpc`. */
export const CONTEXTS: Readonly<Record<ContextKind, ContextAdapter>> = {
  http: httpAdapter,
  graphql: graphqlAdapter,
  ws: wsAdapter,
  mcp: mcpAdapter,
  grpc: grpcAdapter,
  rpc: rpcAdapter,
  rabbitmq: rabbitAdapter,
};

const ADAPTERS = Object.values(CONTEXTS);
const logger = new Logger('OpaEnforcement');

/** The refusal of a context whose kind the library does not know. */
export class UnknownContextException extends ForbiddenException {}

/** Finds the adapter of a context; `undefined` for a kind that the library does not know. */
export function findAdapter(context: ExecutionContext): ContextAdapter | undefined {
  // A loop, rather than find(): a guarded request comes here several times, and needs no closure.
  for (const adapter of ADAPTERS) if (adapter.matches(context)) return adapter;
  return undefined;
}

/**
 * The adapter of a context.
 *
 * @throws UnknownContextException on a kind that the library does not know: it refuses what it cannot decide
 */
export function adapterOf(context: ExecutionContext): ContextAdapter {
  const adapter = findAdapter(context);
  if (adapter !== undefined) return adapter;
  logger.error(
    `The library does not know contexts of type "${context.getType<string>()}". The call is refused.`,
  );
  throw new UnknownContextException(DENIED_MESSAGE);
}

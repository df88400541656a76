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

/** The exception that refuses a context whose kind the library does not know. */
export class UnknownContextException extends ForbiddenException {}

/** Finds the adapter of a context; `undefined` for a kind that the library does not know. */
export function findAdapter(context: ExecutionContext): ContextAdapter | undefined {
  // A loop instead of find(): each guarded request calls this several times, and a loop allocates no closure.
  for (const adapter of ADAPTERS) if (adapter.matches(context)) return adapter;
  return undefined;
}

/**
 * Returns the adapter of a context.
 *
 * @throws UnknownContextException for a kind that the library does not know: it refuses every call it cannot decide
 */
export function adapterOf(context: ExecutionContext): ContextAdapter {
  const adapter = findAdapter(context);
  if (adapter !== undefined) return adapter;
  logger.error(
    `The library does not know contexts of type "${context.getType<string>()}". It refuses the call.`,
  );
  throw new UnknownContextException(DENIED_MESSAGE);
}

import type { ContextAdapter } from '../adapter.js';
import { byArguments } from '../call-arguments.js';
import { grpcAudit } from './audit.js';
import { isGrpc } from './call.js';
import { grpcPoint } from './point.js';
import { grpcResults } from './results.js';
import { grpcSource } from './source.js';

/** gRPC calls of Nest's microservices. */
export const grpcAdapter: ContextAdapter = {
  ...byArguments,
  matches: (context) => context.getType() === 'rpc' && isGrpc(context),
  source: grpcSource,
  routeLabel: () => undefined,
  point: grpcPoint,
  results: grpcResults,
  audit: grpcAudit,
};

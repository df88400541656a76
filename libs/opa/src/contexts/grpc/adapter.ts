import type { ContextAdapter } from '../adapter.js';
import { byArguments } from '../call-arguments.js';
import { grpcAudit } from './audit.js';
import { grpcCall, isGrpc } from './call.js';
import { grpcPoint } from './point.js';
import { grpcResults } from './results.js';
import { grpcSource } from './source.js';

/** gRPC calls of Nest's microservices. */
export const grpcAdapter: ContextAdapter = {
  ...byArguments,
  matches: (context) => context.getType() === 'rpc' && isGrpc(context),
  source: grpcSource,
  routeLabel: () => undefined,
  carrier: (context) => ({ headers: grpcCall(context).metadata.getMap() }),
  point: grpcPoint,
  results: grpcResults,
  audit: grpcAudit,
};

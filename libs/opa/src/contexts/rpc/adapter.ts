import type { ContextAdapter } from '../adapter.js';
import { byArguments } from '../call-arguments.js';
import { rpcAudit } from './audit.js';
import { rpcPoint } from './point.js';
import { rpcCarrier } from './carrier.js';
import { rpcSource } from './source.js';

/** Messages and events of Nest's microservices, except gRPC calls and MCP requests, which have their own adapters. */
export const rpcAdapter: ContextAdapter = {
  ...byArguments,
  matches: (context) => context.getType() === 'rpc',
  source: rpcSource,
  routeLabel: () => undefined,
  carrier: rpcCarrier,
  point: rpcPoint,
  results: { leaves: () => 'each', isReplyBody: false, globalInterceptorsRun: false, isEditable: () => true },
  audit: rpcAudit,
};

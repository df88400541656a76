import type { ContextAudit } from '../audit.js';
import { grpcName } from '../grpc/audit.js';
import { mcpRoute } from '../mcp/audit.js';
import { microserviceReach, patternsOf } from '../microservice.js';

/** The audit of messages and events of microservices. */
export const rpcAudit: ContextAudit = {
  routes: ({ method, isController }) =>
    isController && mcpRoute(method) === undefined
      ? patternsOf(method)
          .filter((pattern) => grpcName(pattern) === undefined)
          .map((pattern) => (typeof pattern === 'string' ? pattern : JSON.stringify(pattern)))
      : [],
  globalReach: microserviceReach,
  neverEvaluated: () => undefined,
};

import type { ContextAudit } from '../audit.js';
import { microserviceReach, patternsOf } from '../microservice.js';
import { writesStreamItself } from './results.js';

/** The audit of gRPC methods. */
export const grpcAudit: ContextAudit = {
  routes: ({ method, isController }) =>
    isController ? patternsOf(method).flatMap((pattern) => grpcName(pattern) ?? []) : [],
  globalReach: microserviceReach,
  neverEvaluated: ({ method, isController }, { hasResponse }) =>
    isController && hasResponse && writesStreamItself(method)
      ? 'writes to the stream itself (@GrpcStreamCall()) and has a response policy, which would never see the result. ' +
        'Use @GrpcStreamMethod() and return an Observable, or remove the response policy.'
      : undefined,
};

/** Returns the name of a gRPC pattern's method, such as `Orders/Read`; `undefined` for other patterns. */
export function grpcName(pattern: unknown): string | undefined {
  const isGrpc = typeof pattern === 'object' && pattern !== null && 'rpc' in pattern && 'service' in pattern;
  return isGrpc ? `${String(pattern.service)}/${String(pattern.rpc)}` : undefined;
}

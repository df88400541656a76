import type { ContextAudit } from './audit.js';
import { nestMetadata } from './nest-metadata.js';

// The metadata key that @MessagePattern, @EventPattern and @GrpcMethod set on a method.
const PATTERNS = 'microservices:pattern';

/** Returns the patterns of a microservice's handler. The list is empty for any other method. */
export function patternsOf(method: object): readonly unknown[] {
  return (nestMetadata(PATTERNS, method) ?? []) as readonly unknown[];
}

/** Tells which global guards and interceptors Nest runs around the handlers of a microservice. */
export const microserviceReach: ContextAudit['globalReach'] = ({ host }) =>
  // With an HTTP adapter, the microservice is connected. Nest does not tell whether `inheritAppConfig` is set.
  host?.httpAdapter === undefined
    ? { scopes: 'every' }
    : {
        scopes: 'none',
        why: 'runs on a connected microservice only with { inheritAppConfig: true }: to be sure, add @UseGuards(OpaGuard)',
      };

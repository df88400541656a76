import type { ContextAudit } from './audit.js';
import { nestMetadata } from './nest-metadata.js';

// What @MessagePattern, @EventPattern and @GrpcMethod leave on a method.
const PATTERNS = 'microservices:pattern';

/** The patterns of a microservice's handler; empty when the method is none. */
export function patternsOf(method: object): readonly unknown[] {
  return (nestMetadata(PATTERNS, method) ?? []) as readonly unknown[];
}

/** Which global guards and interceptors reach the handlers of a microservice. */
export const microserviceReach: ContextAudit['globalReach'] = ({ host }) =>
  // An application with an HTTP adapter connects its microservices. It says to nobody whether by `inheritAppConfig`.
  host?.httpAdapter === undefined
    ? { scopes: 'every' }
    : {
        scopes: 'none',
        why: 'reaches a connected microservice only with { inheritAppConfig: true }: to be sure, add @UseGuards(OpaGuard)',
      };

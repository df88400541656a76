import type { CanActivate, ExecutionContext, Type } from '@nestjs/common';
import { ClientRequest } from '../http/client-request.js';
import type { PlatformRequest } from '../http/client-request.js';
import { isPreflight } from '../http/cors.js';

/** A guard as `@UseGuards` takes it. */
export type McpGuard = CanActivate | Type<CanActivate>;

const isPreflightIn = (context: ExecutionContext): boolean =>
  isPreflight(new ClientRequest(context.switchToHttp().getRequest<PlatformRequest>()));

/** Wraps a guard so that it allows every CORS preflight, because a preflight never has a token. */
export function exceptPreflight(guard: McpGuard): McpGuard {
  if (typeof guard !== 'function') {
    return { canActivate: (context) => isPreflightIn(context) || guard.canActivate(context) };
  }
  // A subclass, because Nest finds the parameters of the guard's constructor through the prototype.
  return class extends guard {
    override canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
      return isPreflightIn(context) || super.canActivate(context);
    }
  };
}

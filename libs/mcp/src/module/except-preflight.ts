import type { CanActivate, ExecutionContext, Type } from '@nestjs/common';
import { ClientRequest } from '../http/client-request.js';
import type { PlatformRequest } from '../http/client-request.js';
import { isPreflight } from '../http/cors.js';

/** A guard as `@UseGuards` takes it. */
export type McpGuard = CanActivate | Type<CanActivate>;

const isPreflightIn = (context: ExecutionContext): boolean =>
  isPreflight(new ClientRequest(context.switchToHttp().getRequest<PlatformRequest>()));

/** The same guard, which lets a browser's preflight pass: a preflight never carries a token. */
export function exceptPreflight(guard: McpGuard): McpGuard {
  if (typeof guard !== 'function') {
    return { canActivate: (context) => isPreflightIn(context) || guard.canActivate(context) };
  }
  // Nest finds the constructor's parameters through the prototype.
  return class extends guard {
    override canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
      return isPreflightIn(context) || super.canActivate(context);
    }
  };
}

import type { ExecutionContext } from '@nestjs/common';
import type { ContextAdapter } from './adapter.js';

/**
 * What every kind of message but HTTP requests has in common. Decisions are stored with the list of arguments of a call.
 *
 * @remarks One connection or request makes many calls, so that the library can't store decisions on it. Each call has a
 * list of arguments of its own, and Nest passes the same list to the guards and interceptors of the call.
 */
export const byArguments: Pick<ContextAdapter, 'holder' | 'run' | 'mcpTarget'> = {
  holder: (context: ExecutionContext) => context.getArgs<unknown[]>(),
  run: () => undefined,
  mcpTarget: () => undefined,
};

import type { ExecutionContext } from '@nestjs/common';
import type { ContextAdapter } from './adapter.js';

/**
 * Stores decisions with the list of arguments of a call.
 *
 * @remarks One connection or request makes many calls. The list of arguments is the one object that each call has for
 * itself: Nest hands the same list to the guards and the interceptors of a call.
 */
export const byArguments: Pick<ContextAdapter, 'holder' | 'run'> = {
  holder: (context: ExecutionContext) => context.getArgs<unknown[]>(),
  run: () => undefined,
};

import type { AuditedApplication } from '../../contexts/index.js';
import { CONTEXTS } from '../../contexts/index.js';
import type { ChainedGuard } from '../../guard/index.js';
import { guardChain, isOpaGuard } from '../../guard/index.js';
import type { Handler } from './handlers.js';

/** Whether an OpaGuard runs before a handler. `note` says why the global OpaGuard does not run. */
export interface Coverage {
  readonly covered: boolean;
  readonly note?: string;
  /** The guards that Nest always runs, in their order. */
  readonly guards: readonly ChainedGuard[];
}

const REQUEST_SCOPED =
  'is of request scope, and Nest skips such guards for this kind of handler: add @UseGuards(OpaGuard)';

/** Tells whether an OpaGuard of the application runs before a handler. */
export function coverageOf({ kind, controller, method }: Handler, application: AuditedApplication): Coverage {
  const chain = guardChain(application.config, controller, method);
  const reach = CONTEXTS[kind].audit.globalReach(application);
  const guards = chain.filter(
    ({ place, perRequest }) =>
      place !== 'global' || reach.scopes === 'every' || (reach.scopes === 'static' && !perRequest),
  );
  if (guards.some(({ guard }) => isOpaGuard(guard))) return { covered: true, guards };
  if (!chain.some(({ guard }) => isOpaGuard(guard))) return { covered: false, guards };
  const why = reach.scopes === 'none' ? reach.why : REQUEST_SCOPED;
  return { covered: false, guards, note: `the global OpaGuard ${why}` };
}

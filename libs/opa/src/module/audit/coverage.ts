import type { AuditedApplication } from '../../contexts/index.js';
import { CONTEXTS } from '../../contexts/index.js';
import type { ChainedGuard } from '../../guard/index.js';
import { guardChain, isOpaGuard } from '../../guard/index.js';
import type { Handler } from './handlers.js';

/** Whether an OpaGuard runs before a handler, and what to know about it. */
export interface Coverage {
  readonly covered: boolean;
  readonly note?: string;
  /** The guards that surely run, in their order. */
  readonly guards: readonly ChainedGuard[];
}

/** Tells whether an OpaGuard of the application runs before a handler. */
export function coverageOf({ kind, controller, method }: Handler, application: AuditedApplication): Coverage {
  const chain = guardChain(application.config, controller, method);
  const reach = CONTEXTS[kind].audit.globalReach(application);
  const guards = reach.scopes === 'none' ? chain.filter(({ place }) => place !== 'global') : chain;
  if (guards.some(({ guard }) => isOpaGuard(guard))) return { covered: true, guards };
  const isMissed = reach.scopes === 'none' && chain.some(({ guard }) => isOpaGuard(guard));
  return { covered: false, guards, ...(isMissed && { note: `the global OpaGuard ${reach.why}` }) };
}

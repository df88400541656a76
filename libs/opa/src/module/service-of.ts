import { ContextOrigin } from '../contexts/index.js';
import type { RouteReport } from '../decision/index.js';
import { OpaService } from '../decision/index.js';
import { inFormOf } from '../enforcement/index.js';
import type { OpaModuleOptions } from './options.js';
import { OpaRuntime } from './runtime.js';

/**
 * Creates the service of a module instance.
 *
 * @param routes - returns the report of the application's handlers
 */
export function serviceOf(runtime: OpaRuntime, routes: () => readonly RouteReport[]): OpaService {
  const { settings, stack, transport, inFlight, events } = runtime;
  const { policy, timeout, mode, onUnavailable, inputLimits } = settings;
  return new OpaService({
    engine: stack.engine,
    events,
    inFlight,
    policy,
    timeout,
    mode,
    failOpen: onUnavailable === 'allow',
    inputLimits,
    snapshot: () => ({ ...transport.stats(), ...stack.snapshot() }),
    purge: stack.purge,
    routes,
    exceptionIn: inFormOf,
    originIn: (context) => new ContextOrigin(context, 'code'),
  });
}

/**
 * Creates a module instance outside Nest. The caller must call the lifecycle hooks of the instance's runtime.
 *
 * @param application - the application's service, whose listeners get the decisions of the new instance as well
 * @throws OpaError the same errors as {@link OpaRuntime.create}
 */
export async function createInstance(
  options: OpaModuleOptions,
  name: string,
  application: OpaService,
): Promise<{ readonly service: OpaService; readonly runtime: OpaRuntime }> {
  const runtime = await OpaRuntime.create(options, name, application.listeners);
  return { runtime, service: serviceOf(runtime, () => []) };
}

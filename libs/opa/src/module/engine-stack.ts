import type { OpaClient } from '../client/index.js';
import type { PolicyEngine } from '../contracts/index.js';
import { createEmbeddedEngine } from '../engines/embedded/index.js';
import { RemoteEngine } from '../engines/remote.js';
import { BundleFallbackEngine } from '../resilience/bundle-fallback.js';
import { DeadlineEngine } from '../resilience/deadline.js';
import type { OpaSettings } from './settings.js';

/**
 * Puts together the engine that the options ask for, out of the wrappers that are on and no others.
 *
 * @throws OpaError `OPA_BAD_BUNDLE` when the bundle can't be used
 */
export async function engineStack(settings: OpaSettings, client: OpaClient): Promise<PolicyEngine> {
  if (settings.engine !== undefined) return new DeadlineEngine(settings.engine);
  if (settings.bundle === undefined) return new RemoteEngine(client);
  const entrypoints = settings.policy === undefined ? [] : [settings.policy];
  const embedded = await createEmbeddedEngine({ bundle: settings.bundle, entrypoints });
  if (settings.url === undefined) return embedded;
  const remote = new RemoteEngine(client);
  return settings.onUnavailable === 'bundle' ? new BundleFallbackEngine(remote, embedded) : remote;
}

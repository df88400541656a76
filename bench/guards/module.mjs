import { OpaGuard, OpaModule, OpaService } from 'nestjs-opa';
import { CACHE, POLICY } from '../lib/question.mjs';

/**
 * The guard of nestjs-opa with a remote OPA.
 *
 * @type {import('../lib/guards.mjs').Make}
 */
export async function remote({ url, timeout }) {
  return guarded({ url, ...(timeout !== undefined && { timeout }) });
}

/**
 * The guard of nestjs-opa with a bundle.
 *
 * @type {import('../lib/guards.mjs').Make}
 */
export async function embedded({ bundle }) {
  return guarded({ bundle });
}

/**
 * The guard of nestjs-opa with its cache.
 *
 * @type {import('../lib/guards.mjs').Make}
 */
export async function cached({ url }) {
  return guarded({ url, cache: CACHE });
}

function guarded(options) {
  const decide = (app, input) => app.get(OpaService).decide({ input });
  return {
    imports: [OpaModule.forRoot({ ...options, policy: POLICY, audit: false })],
    guard: OpaGuard,
    askOf: (app) => async (input) => (await decide(app, input)).allowed,
    // The statistics show a cache hit after two equal queries.
    async caches(app) {
      await decide(app, {});
      return (await decide(app, {})).cached;
    },
  };
}

import { OpaGuard, OpaModule, OpaService } from 'nestjs-opa';
import { CACHE, POLICY } from '../lib/question.mjs';

/**
 * The module's own guard over OPA.
 *
 * @type {import('../lib/guards.mjs').Make}
 */
export async function remote({ url, timeout }) {
  return guarded({ url, ...(timeout !== undefined && { timeout }) });
}

/**
 * The same over a bundle.
 *
 * @type {import('../lib/guards.mjs').Make}
 */
export async function embedded({ bundle }) {
  return guarded({ bundle });
}

/**
 * The same with the module's cache on.
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
    // Asked twice for the same, a cache that works says so.
    async caches(app) {
      await decide(app, {});
      return (await decide(app, {})).cached;
    },
  };
}

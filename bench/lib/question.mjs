/** The policy path that every client asks. */
export const POLICY = 'bench/allow';

const ROLES = ['reader', 'writer', 'guest', 'reader'];
const METHODS = ['GET', 'POST', 'GET', 'DELETE'];

/**
 * The n-th question and what the policy must answer; no two are equal.
 *
 * @param {number} n
 * @returns {{ input: object, expected: boolean }}
 */
export function question(n) {
  const role = ROLES[n % 4];
  const method = METHODS[(n >> 2) % 4];
  const input = {
    subject: { type: 'user', id: `user-${n % 997}`, role },
    action: { name: method },
    resource: { type: 'route', id: '/orders/:id' },
    request: { method, path: `/orders/${n}`, params: { id: String(n) }, headers: { accept: '*/*' } },
    context: {},
  };
  return { input, expected: role === 'writer' || (role === 'reader' && method === 'GET') };
}

/**
 * The n-th request to a guarded route, which the policy allows; no two ask the same.
 *
 * @param {number} n
 */
export function request(n) {
  return { path: `/orders/${n}`, id: `user-${n % 997}`, role: 'reader' };
}

/** Options of the caches, for which `questions` are asked again and again. */
export const CACHE = { max: 10_000, allowTtl: 600_000, denyTtl: 600_000 };

/** How many different requests a cache is asked for. */
export const CACHED_REQUESTS = 100;

/** The policy path of every client's queries. */
export const POLICY = 'bench/allow';

const ROLES = ['reader', 'writer', 'guest', 'reader'];
const METHODS = ['GET', 'POST', 'GET', 'DELETE'];

/**
 * The n-th query and its correct result. No two queries are equal.
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
 * The n-th request to a guarded route. The policy allows it. No two requests have the same query.
 *
 * @param {number} n
 */
export function request(n) {
  return { path: `/orders/${n}`, id: `user-${n % 997}`, role: 'reader' };
}

/** The options of the caches. The benchmark repeats `questions` for them. */
export const CACHE = { max: 10_000, allowTtl: 600_000, denyTtl: 600_000 };

/** The number of different requests to a cache. */
export const CACHED_REQUESTS = 100;

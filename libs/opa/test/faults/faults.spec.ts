import { describe, expect, it } from '@jest/globals';
import { CONNECTION, RESPONSE } from './faults.table.js';
import { ignoreStalls } from '../support/stalls.js';
import { bench } from './support/modules.js';
import { faultyServer } from './support/faulty-server.js';

ignoreStalls();
const { open, throughAxios, uses } = bench();

const QUERY = { input: {} };

/** The error codes after which fail-open may allow a request. */
const UNAVAILABLE = ['OPA_UNREACHABLE', 'OPA_TIMEOUT'];
// One socket and no queue: if a fault leaves the socket in use, the next decision fails.
const NARROW = { maxSockets: 1, maxPending: 0 };
/** A limit above the largest input of the table. */
const WIDE = { maxBytes: 16 * 1024 * 1024 };

describe.each([
  ['the connection', CONNECTION],
  ['the response', RESPONSE],
])('faults of %s', (_name, rows) => {
  describe.each([
    ['straight to the wire', () => undefined],
    ['through axios', throughAxios],
  ])('%s', (_way, go) => {
    it.each(rows)(
      'the decision fails with $code, and the next decision succeeds: $name',
      async ({ fault, code, query = QUERY }) => {
        const { url, heal } = await uses(faultyServer(fault));
        const opa = await open({ url, pool: NARROW, input: WIDE });
        go();
        await expect(opa.decide(query)).rejects.toMatchObject({ name: 'OpaError', code });
        heal();
        await expect(opa.decide(QUERY)).resolves.toMatchObject({ outcome: 'allow', allowed: true });
        expect(opa.stats().decisions).toMatchObject({ allow: 1, error: 1, unavailable: 0, degraded: 0 });
      },
    );
  });

  it.each(rows)(
    'fail-open applies only to outages and timeouts: $name',
    async ({ fault, code, query = QUERY, noFallback }) => {
      const { url } = await uses(faultyServer(fault));
      const opa = await open({ url, pool: NARROW, input: WIDE, onUnavailable: 'allow' });
      const decided = opa.decide(query);
      if (UNAVAILABLE.includes(code) && noFallback !== true) {
        await expect(decided).resolves.toMatchObject({ outcome: 'unavailable', degraded: 'fail-open' });
      } else {
        await expect(decided).rejects.toMatchObject({ name: 'OpaError', code });
      }
      expect(opa.stats().decisions.allow).toBe(0);
    },
  );
});

import { describe, expect, it } from '@jest/globals';
import { ANSWER, CONNECTION } from './faults.table.js';
import { ignoreStalls } from '../support/stalls.js';
import { bench } from './support/modules.js';
import { faultyServer } from './support/stand.js';

ignoreStalls();
const { open, throughAxios, uses } = bench();

const ASK = { input: {} };

/** The outcomes after which fail-open may let a request through. */
const GONE = ['OPA_UNREACHABLE', 'OPA_TIMEOUT'];
// One socket and no queue: what a fault leaves behind is in the way of the next decision.
const NARROW = { maxSockets: 1, maxPending: 0 };
/** Room for the largest input of the table. */
const WIDE = { maxBytes: 16 * 1024 * 1024 };

describe.each([
  ['the connection', CONNECTION],
  ['the answer', ANSWER],
])('faults of %s', (_name, rows) => {
  describe.each([
    ['straight to the wire', () => undefined],
    ['through axios', throughAxios],
  ])('%s', (_way, go) => {
    it.each(rows)(
      'the decision fails with $code, and the next decision succeeds: $name',
      async ({ fault, code, question = ASK }) => {
        const { url, heal } = await uses(faultyServer(fault));
        const opa = await open({ url, pool: NARROW, input: WIDE });
        go();
        await expect(opa.decide(question)).rejects.toMatchObject({ name: 'OpaError', code });
        heal();
        await expect(opa.decide(ASK)).resolves.toMatchObject({ outcome: 'allow', allowed: true });
        expect(opa.stats().decisions).toMatchObject({ allow: 1, error: 1, unavailable: 0, degraded: 0 });
      },
    );
  });

  it.each(rows)(
    'fail-open applies only to outages and timeouts: $name',
    async ({ fault, code, question = ASK, noFallback }) => {
      const { url } = await uses(faultyServer(fault));
      const opa = await open({ url, pool: NARROW, input: WIDE, onUnavailable: 'allow' });
      const decided = opa.decide(question);
      if (GONE.includes(code) && noFallback !== true) {
        await expect(decided).resolves.toMatchObject({ outcome: 'unavailable', degraded: 'fail-open' });
      } else {
        await expect(decided).rejects.toMatchObject({ name: 'OpaError', code });
      }
      expect(opa.stats().decisions.allow).toBe(0);
    },
  );
});

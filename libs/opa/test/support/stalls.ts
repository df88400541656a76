import { afterEach, beforeEach, jest } from '@jest/globals';
import { LIMITS } from '../../src/transport/index.js';

/**
 * Ignores that a busy machine stalls the event loop, in every test of the file or of the `describe` that calls this.
 *
 * @remarks A stall turns `OPA_TIMEOUT` into `OPA_OVERLOADED` (`LIMITS.blockedMs`), also in a test whose OPA never
 * answers. `transport/lateness.spec.ts` and `transport/overload.spec.ts` test that rule and don't call this. The rule of
 * the fair share stays: a test gives a decision at least half a second, so that the decision reaches OPA in time.
 */
export function ignoreStalls(): void {
  let limit: jest.Replaced<number>;
  beforeEach(() => {
    limit = jest.replaceProperty(LIMITS, 'blockedMs', Infinity);
  });
  afterEach(() => limit.restore());
}

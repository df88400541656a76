import { afterEach, beforeEach, jest } from '@jest/globals';
import { LIMITS } from '../../src/transport/index.js';

/**
 * Ignores stalls of the event loop, which a busy machine causes. Applies to every test of the file or `describe`.
 *
 * @remarks A stall turns `OPA_TIMEOUT` into `OPA_OVERLOADED` (`LIMITS.blockedMs`), also in a test whose OPA never
 * responds. `transport/lateness.spec.ts` and `transport/overload.spec.ts` test that rule without this function. The
 * rule of the fair share still applies, so a test sets a timeout of at least 500 ms.
 */
export function ignoreStalls(): void {
  let limit: jest.Replaced<number>;
  beforeEach(() => {
    limit = jest.replaceProperty(LIMITS, 'blockedMs', Infinity);
  });
  afterEach(() => limit.restore());
}

import { describe, expect, it } from '@jest/globals';
import { startEngines } from '../fuzz/support/engines.js';
import { loadSet, policySets } from './sets.js';

/** The longest that Go downloads, OPA builds and both evaluate a set. */
const LONGEST = 600_000;

describe('the tests of public policies have the results of OPA', () => {
  it.each(Object.entries(policySets).map(([name, set]) => [name, set.tests, set] as const))(
    '%s: %i tests',
    async (_name, _tests, set) => {
      const {
        modules: [rego = '', ...more],
        tests,
      } = loadSet(set);
      const engines = await startEngines({ rego, more, entrypoints: tests });
      const differences: string[] = [];
      let defined = 0;
      try {
        for (const test of tests) {
          const [ours, theirs] = [engines.plan(test), await engines.opa(test)];
          if (theirs !== 'undefined') defined++;
          if (ours !== theirs) differences.push(`${test}: OPA says ${theirs}, opa-plan ${ours}`);
        }
      } finally {
        await engines.stop();
      }
      expect(differences).toEqual([]);
      expect(tests).toHaveLength(set.tests);
      // The functions in the place of Trivy's builtins make a few tests undefined.
      expect(defined / tests.length).toBeGreaterThan(0.95);
    },
    LONGEST,
  );
});

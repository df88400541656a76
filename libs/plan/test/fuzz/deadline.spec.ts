import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Policy, Value } from '../../src/index.js';
import { policyOf } from '../support/build.js';
import { languageOf } from './support/fragments.js';
import { hostileArgument } from './support/hostile.js';
import { callsPolicy, fuzzedCalls } from './support/policy.js';
import { runs } from './support/runs.js';

/** How many inputs each builtin has in a test run: a long text each. */
const QUICK_RUNS = 2;
/** How long an evaluation may take, in milliseconds. */
const DEADLINE = 50;
/** No evaluation may hold the process for so long, on a machine however busy, in milliseconds. */
const LIMIT = 5_000;
/** How an evaluation may end that gives no result. */
const ENDS = ['DEADLINE_EXCEEDED', 'LIMIT_EXCEEDED'];

let policy: Policy;
beforeAll(async () => {
  const entrypoints = fuzzedCalls.map(({ rule }) => `fuzz/${rule}`);
  policy = await policyOf({ rego: callsPolicy, entrypoints, args: ['--v0-compatible'] });
});

function endOf(path: string, input: Value): string {
  try {
    policy.evaluateToJson(path, input, { deadline: performance.now() + DEADLINE });
    return 'result';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('each builtin ends with the deadline, whatever it is given', () => {
  it.each(fuzzedCalls.map((call) => [call.declaration.name, call] as const))(
    '%s',
    (name, { rule, declaration }) => {
      const language = languageOf(name);
      const input = fc.tuple(...declaration.args.map((type) => hostileArgument(language, type)));
      fc.assert(
        fc.property(input, (args) => {
          const start = performance.now();
          const end = endOf(`fuzz/${rule}`, args);
          const time = performance.now() - start;
          expect(['result', ...ENDS]).toContain(end);
          expect(time).toBeLessThan(LIMIT);
        }),
        { ...runs(fuzzedCalls.length, QUICK_RUNS), endOnFailure: true },
      );
    },
  );
});

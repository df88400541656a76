import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Policy } from '../src/index.js';

// Every function is long, so that each of its blocks is a part, found by what it tests where it tests anything.
jest.unstable_mockModule('../src/compiler/lengths.js', () => ({
  MOST_LINES: 0,
  LINES_OF_PART: 0,
  FEWEST_INDEXED: 1,
}));

const { fromJson } = await import('../src/index.js');
const { policyOf } = await import('./support/build.js');
const { compareCases } = await import('./support/compare-cases.js');
const { hasOpaCases } = await import('./support/opa-cases.js');

const whereCasesAre = hasOpaCases() ? it : it.skip;

const REGO = `package t

names contains "one" if input.request.n == 1
names contains "text" if input.request.n == "1"
names contains "mark" if input.request.n == "\\u0000n1"
names contains "true" if input.request.n == true
names contains "odd" if "odd" == input.request.n
names contains "large" if input.request.n == 10000000000000000000001
names contains "always" if input.request
names contains "two tests" if { input.request.n == 1; input.request.m == 2 }

default first := "none"

first := "one" if { input.request.n == 1; input.request.m > 1 }
first := "one" if input.request.n == 1
first := "other" if { input.request.n == 1; input.request.m == 3 }
first := "two" if input.request.n == 2
`;

describe('a long function', () => {
  let policy: Policy;
  beforeAll(async () => {
    policy = await policyOf({ rego: REGO, entrypoints: ['t'] });
  });

  it.each([
    ['{"n": 1}', ['always', 'one'], 'one'],
    ['{"n": 1.0}', ['always', 'one'], 'one'],
    ['{"n": 1, "m": 2}', ['always', 'one', 'two tests'], 'one'],
    ['{"n": 2}', ['always'], 'two'],
    ['{"n": "1"}', ['always', 'text'], 'none'],
    ['{"n": "\\u0000n1"}', ['always', 'mark'], 'none'],
    ['{"n": true}', ['always', 'true'], 'none'],
    ['{"n": "odd"}', ['always', 'odd'], 'none'],
    ['{"n": 10000000000000000000001}', ['always', 'large'], 'none'],
    ['{"n": [1]}', ['always'], 'none'],
    ['{"n": null}', ['always'], 'none'],
    ['{}', ['always'], 'none'],
    ['[1]', ['always'], 'none'],
  ])('runs the parts that apply to %s', (request, names, first) => {
    const input = { request: fromJson(request) };
    expect(policy.evaluate('t/names', input)).toEqual(names);
    expect(policy.evaluate('t/first', input)).toBe(first);
  });

  it('runs no part that needs an input when there is none', () => {
    expect(policy.evaluate('t/names')).toEqual([]);
    expect(policy.evaluate('t/first')).toBe('none');
  });

  it('fails where two parts give different values', () => {
    expect(() => policy.evaluate('t/first', { request: { n: 1, m: 3 } })).toThrow(
      'produced two different values',
    );
  });

  whereCasesAre(
    "has OPA's results for OPA's own cases (needs OPA's Go module)",
    () => {
      const { counts, differences } = compareCases();
      expect(differences).toEqual([]);
      expect(counts.same).toBeGreaterThan(1_000);
    },
    600_000,
  );
});

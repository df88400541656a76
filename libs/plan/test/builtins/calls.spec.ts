import { describe, expect, it } from '@jest/globals';
import type { Call, Outcome } from './support/calls.js';
import { callOpa, callOurs } from './support/calls.js';
import { tables } from './support/tables/index.js';

/** The messages of errors in these languages differ from OPA's. */
const OWN_WORDS = new Set([
  'graphql.parse',
  'graphql.parse_query',
  'graphql.parse_schema',
  'json.unmarshal',
  'yaml.unmarshal',
  'json.patch',
  'strings.render_template',
]);

interface Difference {
  readonly call: string;
  readonly ours: Outcome;
  readonly theirs: Outcome;
}

/** The calls that don't end as in OPA: with the same value, the same message, or nothing. */
async function differences(calls: readonly Call[]): Promise<Difference[]> {
  const ours = callOurs(calls);
  const theirs = await callOpa(calls);
  return calls.flatMap((call, row) => {
    const shown = (outcome: Outcome = {}): Outcome =>
      outcome.error !== undefined && OWN_WORDS.has(call[0]) ? { error: 'in its own words' } : outcome;
    const difference = { call: JSON.stringify(call), ours: shown(ours[row]), theirs: shown(theirs[row]) };
    return JSON.stringify(difference.ours) === JSON.stringify(difference.theirs) ? [] : [difference];
  });
}

describe('builtins answer as OPA, errors included', () => {
  it.each(Object.entries(tables))('%s', async (_family, calls) => {
    expect(calls.length).toBeGreaterThan(0);
    expect(await differences(calls)).toEqual([]);
  });
});

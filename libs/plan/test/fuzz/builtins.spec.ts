import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toJson } from '../../src/index.js';
import type { Value } from '../../src/index.js';
import { Arguments } from './support/arbitraries.js';
import { startEngines } from './support/engines.js';
import type { Engines } from './support/engines.js';
import { languageOf } from './support/fragments.js';
import { callsPolicy, fuzzedCalls } from './support/policy.js';
import { runs } from './support/runs.js';

/** They make as much as a number says. */
const GROWS = /^(numbers\.range|bits\.|net\.cidr_expand|time\.add_date|array\.slice|format_int|sprintf)/;

/** The smallest share of inputs for which OPA has a value: two undefined answers compare nothing. */
const LEAST_DEFINED = 0.3;
/** How many answers OPA gave, and how many of these were values. */
const answers = { total: 0, defined: 0 };

let engines: Engines;
beforeAll(async () => {
  const entrypoints = fuzzedCalls.map(({ rule }) => `fuzz/${rule}`);
  // The syntax before OPA 1 has the old builtins too.
  engines = await startEngines({ rego: callsPolicy, entrypoints, args: ['--v0-compatible'] });
});
afterAll(() => engines.stop());

describe('each builtin answers as OPA', () => {
  it.each(fuzzedCalls.map((call) => [call.declaration.name, call] as const))('%s', async (name, call) => {
    const values = new Arguments(languageOf(name), GROWS.test(name));
    const input = fc.tuple(...call.declaration.args.map((type) => values.of(type)));
    const path = `fuzz/${call.rule}`;
    await fc.assert(
      fc.asyncProperty(input, async (args) => {
        const value = args as unknown as Value;
        const [ours, theirs] = [engines.plan(path, value), await engines.opa(path, value)];
        answers.total++;
        if (theirs !== 'undefined') answers.defined++;
        if (ours !== theirs)
          throw new Error(`${name}(${toJson(value)}): OPA says ${theirs}, opa-plan ${ours}`);
      }),
      runs(fuzzedCalls.length),
    );
  });

  it('compares values, not only undefined answers', () => {
    expect(answers.defined / answers.total).toBeGreaterThan(LEAST_DEFINED);
  });
});

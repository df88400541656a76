import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toJson } from '../../src/index.js';
import type { Value } from '../../src/index.js';
import { Arguments } from './support/arbitraries.js';
import type { Argument } from './support/arbitraries.js';
import type { Declaration } from './support/capabilities.js';
import { startEngines } from './support/engines.js';
import type { Engines } from './support/engines.js';
import { languageOf } from './support/fragments.js';
import { callsPolicy, fuzzedCalls } from './support/policy.js';
import { runs } from './support/runs.js';
import { sampleOf } from './support/samples.js';

/** They make as much as a number says. */
const GROWS = /^(numbers\.range|bits\.|net\.cidr_expand|time\.add_date|array\.slice|format_int|sprintf)/;

/** OPA's cache of GraphQL schemas takes the text `{}` for the object `{}`. */
const WITHOUT_CACHE = ['--set', 'caching.inter_query_builtin_value_cache.named.graphql.disabled=true'];

/** The smallest share of a builtin's inputs for which OPA has a value: two undefined results compare nothing. */
const LEAST_DEFINED = 0.15;

let engines: Engines;
beforeAll(async () => {
  const entrypoints = fuzzedCalls.map(({ rule }) => `fuzz/${rule}`);
  // The syntax before OPA 1 has the old builtins too.
  const args = ['--v0-compatible'];
  engines = await startEngines({ rego: callsPolicy, entrypoints, args, serverArgs: WITHOUT_CACHE });
});
afterAll(() => engines.stop());

/** Arguments of a builtin: by its declared types, or from the tables of calls. */
function argumentsOf({ name, args }: Declaration): fc.Arbitrary<readonly Argument[]> {
  const language = languageOf(name);
  const values = new Arguments(language, GROWS.test(name));
  const generated = fc.tuple(...args.map((type) => values.of(type)));
  const sample = sampleOf(name, language);
  return sample === undefined ? generated : fc.oneof(generated, sample);
}

/** OPA's server cannot write the number that `to_number("00")` gives: JSON has no such number. */
const isUnwritable = (name: string, result: string) => name === 'to_number' && result === 'internal_error';

describe('each builtin gives the result of OPA', () => {
  it.each(fuzzedCalls.map((call) => [call.declaration.name, call] as const))('%s', async (name, call) => {
    const path = `fuzz/${call.rule}`;
    const results = { total: 0, defined: 0 };
    await fc.assert(
      fc.asyncProperty(argumentsOf(call.declaration), async (args) => {
        const value = args as unknown as Value;
        const [ours, theirs] = [engines.plan(path, value), await engines.opa(path, value)];
        results.total++;
        if (theirs !== 'undefined') results.defined++;
        if (ours !== theirs && !isUnwritable(name, theirs))
          throw new Error(`${name}(${toJson(value)}): OPA says ${theirs}, opa-plan ${ours}`);
      }),
      runs(fuzzedCalls.length),
    );
    expect(results.defined / results.total).toBeGreaterThan(LEAST_DEFINED);
  });
});

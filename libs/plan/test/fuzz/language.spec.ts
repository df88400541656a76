import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toJson } from '../../src/index.js';
import type { Value } from '../../src/index.js';
import { anyValue } from './support/arbitraries.js';
import { startEngines } from './support/engines.js';
import type { Engines } from './support/engines.js';
import { runs } from './support/runs.js';

/** The smallest share of inputs for which a rule has a value: two undefined results compare nothing. */
const LEAST_DEFINED = 0.05;

const REGO = readFileSync(join(import.meta.dirname, 'language.rego'), 'utf8');
const DATA =
  '{"base": {"80": "http", "1.0": 1, "0": [3, 4], "q": {"1": "one", "k": [5]}, "a": [1, {"b": 2}]}, "list": [[1, 2], "x"]}';

/** The rules of the policy, and the package with all of them. */
const PATHS = [
  'fuzz',
  ...new Set(
    [...REGO.matchAll(/^(?:default )?([a-z_]+)\b(?!\(| rego|.* fuzz$)/gm)].map(([, name = '']) => name),
  ),
].flatMap((name) =>
  ['package', 'import', 'default', 'level', 'same'].includes(name)
    ? []
    : name === 'fuzz'
      ? name
      : `fuzz/${name}`,
);

const value = anyValue('any', false);
const key = fc.oneof(fc.constantFrom<Value>(80, '80', 0, '0', 1, 'a', 'b', 'q', '1.0', '+1'), value);
const part = fc.constantFrom('given', 'listed', 'made', 'none');
const anyInput = fc.record(
  {
    a: fc.array(value, { maxLength: 5 }),
    o: fc.oneof(
      fc.dictionary(fc.constantFrom('a', 'b', '80', '0', '__proto__', 'é'), value, { maxKeys: 4 }),
      value,
    ),
    x: value,
    y: value,
    k: key,
    r: part,
  },
  { requiredKeys: ['r'] },
);
/** An input whose parts fit together, so that the rules that compare them have a value. */
const fittingInput = fc
  .tuple(value, fc.integer(), fc.constantFrom<string | number>('a', '80', 80, '0', 0), part, fc.boolean())
  .map(([any, y, k, r, isKey]) => ({ a: [k, y], o: { [k]: y, a: any }, x: isKey ? k : { [k]: k }, y, k, r }));
const input = fc.oneof(anyInput, fittingInput);

let engines: Engines;
beforeAll(async () => {
  engines = await startEngines({ rego: REGO, entrypoints: ['fuzz'], data: DATA });
});
afterAll(() => engines.stop());

describe('each rule is decided as in OPA', () => {
  it.each(PATHS)('%s', async (path) => {
    const results = { total: 0, defined: 0 };
    await fc.assert(
      fc.asyncProperty(input, async (fields) => {
        const document = fields as Value;
        const [ours, theirs] = [engines.plan(path, document), await engines.opa(path, document)];
        results.total++;
        if (theirs !== 'undefined') results.defined++;
        if (ours !== theirs)
          throw new Error(`${path} of ${toJson(document)}: OPA says ${theirs}, opa-plan ${ours}`);
      }),
      runs(PATHS.length),
    );
    expect(results.defined / results.total).toBeGreaterThan(LEAST_DEFINED);
  });
});

import { beforeAll, describe, expect, it } from '@jest/globals';
import { createEmbeddedEngine } from '../../src/engines/index.js';
import { expressions, input } from './support/expressions.js';
import { buildBundle, opaEval, writeSources } from './support/opa.js';

type Answers = Record<string, unknown>;

describe('the embedded engine returns what the real OPA returns', () => {
  let expected: Answers;
  let actual: Answers;

  beforeAll(async () => {
    const rules = expressions.map((expression, index) => `r${index} := ${expression}`);
    const sources = { 'policy.rego': ['package t', ...rules].join('\n') };
    const engine = await createEmbeddedEngine({ bundle: await buildBundle(sources, 't') });
    const answer = await engine.evaluate({ policy: 't', input }, { deadline: Infinity });
    actual = answer.result as Answers;
    expected = (await opaEval(await writeSources(sources), 'data.t', input)) as Answers;
  });

  it.each(expressions.map((expression, index) => ({ expression, rule: `r${index}` })))(
    '$expression',
    ({ rule }) => {
      expect(Object.hasOwn(actual, rule)).toBe(Object.hasOwn(expected, rule));
      expect(actual[rule]).toStrictEqual(expected[rule]);
    },
  );

  it('the tables compare defined and undefined results', () => {
    expect(Object.keys(expected).length).toBeGreaterThan(expressions.length / 2);
    expect(Object.keys(expected).length).toBeLessThan(expressions.length);
  });
});

describe('builtins whose results change, or whose arguments are unusual', () => {
  const ask = async (rego: string, value?: unknown): Promise<unknown> => {
    const engine = await createEmbeddedEngine({ bundle: await buildBundle(rego, 'p/x') });
    return engine.evaluate({ policy: 'p/x', input: value }, { deadline: Infinity });
  };

  it('time.now_ns() is the same throughout an evaluation, in nanoseconds', async () => {
    const before = Date.now();
    const rego = `package p
      x := [count({t | some _ in numbers.range(1, 2000); t := time.now_ns()}), time.now_ns() / 1000000]`;
    const { result } = (await ask(rego)) as { result: [number, number] };
    expect(result[0]).toBe(1);
    expect(result[1]).toBeGreaterThanOrEqual(before);
    expect(result[1]).toBeLessThanOrEqual(Date.now());
  });

  it('time.now_ns() is later in a later evaluation', async () => {
    const bundle = await buildBundle('package p\nx := time.now_ns()', 'p/x');
    const engine = await createEmbeddedEngine({ bundle });
    const now = async (): Promise<number> =>
      (await engine.evaluate({ policy: 'p/x', input: {} }, { deadline: Infinity })).result as number;
    const first = await now();
    const start = Date.now();
    while (Date.now() === start);
    expect(await now()).toBeGreaterThan(first);
  });

  it.each([
    ['object.subset(input.a, input.b)', { a: [1, 2, 3], b: [1, 3] }],
    ['object.subset({1, 2, 3}, [1, 3])', {}],
    ['hex.decode(input)', 'ff'],
    ['urlquery.decode(input)', '%ff'],
    ['json.patch(input, [{"op": "add", "path": [1], "value": 1}])', {}],
    ['regex.split(input, "a")', '[HUSH'],
    ['sprintf(input, [])', '%(HUSH'],
    ['sprintf("%d", [input])', 'HUSH'],
    ['json.patch({}, [{"op": "add", "path": [[input]], "value": 1}])', 'HUSH'],
  ])('%s returns what it returns in OPA', async (expression, value) => {
    const rego = `package p\nx := ${expression}`;
    const expected = await opaEval(await writeSources({ 'policy.rego': rego }), 'data.p.x', value);
    expect(await ask(rego, value)).toStrictEqual(expected === undefined ? {} : { result: expected });
  });
});

import { beforeAll, describe, expect, it } from '@jest/globals';
import type { PlanError, Policy } from '../src/index.js';
import { errorOf, policyOf } from './support/build.js';

const CHAIN = Array.from({ length: 40 }, (_, n) => `f${n + 1}(x) := f${n}(x) + f${n}(x + 1)`).join('\n');

const REGO = `package t

n := numbers.range(1, 3000)

loop := [1 | some a in n; some b in n; some c in n; a + b == -c]
every_loop if every a in n { every b in n { every c in n { a + b != -c } } }
objects := {[a, b, c]: 1 | some a in n; some b in n; some c in n}
scans if { n[a]; n[b]; n[c]; a + b + c == -1 }
f0(x) := x
${CHAIN}
calls := f40(1)
walks := [p | some a in n; some b in n; walk(input, [p, _])]
replaced := [1 | some a in n; some b in n; some c in n; count(input) == 1 with input as [a, b, c]]
range := count(numbers.range(1, 1000000000))
wide := concat(input.text, [sprintf("%d", [a]) | some a in n])
pattern := regex.match(input.pattern, input.text)
units_parse := units.parse(input.text)
units_parse_bytes := units.parse_bytes(input.text)
template := strings.render_template(input.text, {})
yaml_unmarshal := yaml.unmarshal(input.text)
yaml_marshal := yaml.marshal(input.text)
number := to_number(input.text)
json_valid := json.is_valid(input.text)
query_encode := urlquery.encode(input.text)
query_decode := urlquery.decode_object(input.text)
globs := regex.globs_match(input.text, input.text)
format := time.format([0, "UTC", input.text])
duration := time.parse_duration_ns(input.text)
request := graphql.is_valid(input.text, "type Query { a: Query, b: String }")
printed := sprintf("%v", [input.list])
small := 1
`;

const LOOPS = ['loop', 'every_loop', 'objects', 'scans', 'calls', 'walks', 'replaced'];
const LARGE = ['range', 'wide'];

const long = (piece: string): string => piece.repeat(Math.ceil(200_000 / piece.length));

/** Texts of 200,000 characters, by the rules that read them. */
const LONG_TEXTS: readonly (readonly [rule: string, text: string])[] = [
  ['yaml_unmarshal', long('- a\n')],
  ['yaml_unmarshal', long('"')],
  ['yaml_unmarshal', long('&a ')],
  ['yaml_unmarshal', long('[')],
  ['yaml_marshal', long(' ')],
  ['yaml_marshal', `\u0085${long(' ')}a`],
  ['number', `${long('1')}x`],
  ['units_parse', `${long('3')}-`],
  ['units_parse', `${long('3')}.3-`],
  ['units_parse_bytes', `${long('3')}-`],
  ['template', `{{ ${long('3')}- }}`],
  ['number', `0x${long('3')}`],
  ['json_valid', long('\\"')],
  ['query_encode', long('é')],
  ['query_decode', long('a=b&').slice(0, 39_999)],
  ['globs', long('a*')],
  ['globs', long('[a-z]')],
  ['format', long('15')],
  ['duration', long('1.1ns')],
  ['request', `{${long('a{b} ')}}`],
  ['printed', long('x')],
];
/** Inputs whose evaluation would look at no clock for long. */
const OVERSIZED: readonly (readonly [rule: string, input: object])[] = [
  ['units_parse', { text: '1e999999' }],
  ['units_parse', { text: '1e-999999' }],
  ['request', { text: `{${'a{b} '.repeat(3_000)}}` }],
  ['pattern', { pattern: '(((a{9}){9}){9}){99}', text: 'a' }],
];
/** The longest that an evaluation may outlast its deadline, on a machine however busy, in milliseconds. */
const LONGEST_DELAY = 5_000;

describe('an evaluation is bounded', () => {
  let policy: Policy;
  beforeAll(async () => {
    const long = [...LONG_TEXTS, ...OVERSIZED].map(([rule]) => rule);
    const rules = new Set([...LOOPS, ...LARGE, ...long, 'small']);
    policy = await policyOf({ rego: REGO, entrypoints: [...rules].map((rule) => `t/${rule}`) });
  });

  it.each(LOOPS)('%s ends with the deadline, and the next evaluation is unharmed', (rule) => {
    const deadline = performance.now() + 30;
    expect(errorOf(() => policy.evaluate(`t/${rule}`, {}, { deadline }))).toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    expect(policy.evaluate('t/small')).toBe(1);
  });

  it('does not begin behind its deadline', () => {
    expect(errorOf(() => policy.evaluate('t/small', {}, { deadline: 0 }))).toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
  });

  it.each(LARGE)('%s makes no value without limit', (rule) => {
    const input = { text: 'x'.repeat(100_000) };
    const options = { deadline: performance.now() + 15_000 };
    expect(errorOf(() => policy.evaluate(`t/${rule}`, input, options))).toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
  });

  it.each(LONG_TEXTS)('%s of a long text ends with the deadline', (rule, text) => {
    const deadline = performance.now() + 20;
    const list = Array.from({ length: 50_000 }, (_, index) => [index]);
    let code: string | undefined;
    try {
      policy.evaluate(`t/${rule}`, { text, list }, { deadline });
    } catch (error) {
      code = (error as PlanError).code;
    }
    expect([undefined, 'DEADLINE_EXCEEDED']).toContain(code);
    expect(performance.now() - deadline).toBeLessThan(LONGEST_DELAY);
  });

  it.each(OVERSIZED)('%s refuses what is too large to be computed in time', (rule, input) => {
    expect(errorOf(() => policy.evaluate(`t/${rule}`, input))).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('lets collections grow to the limit only', async () => {
    const rego = 'package t\nx := [1 | some a in numbers.range(1, 1000); some b in numbers.range(1, 1000)]';
    const limited = await policyOf({ rego, entrypoints: ['t/x'] }, { maxElements: 100_000 });
    expect(errorOf(() => limited.evaluate('t/x'))).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('more than 100000 elements'),
    });
  });

  it('matches patterns in linear time', () => {
    const input = { pattern: '^(a+)+$', text: `${'a'.repeat(5_000)}b` };
    expect(policy.evaluate('t/pattern', input, { deadline: performance.now() + 10_000 })).toBe(false);
  });
});

import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Policy } from '../src/index.js';
import { errorOf, policyOf } from './support/build.js';

const REGO = `package orders

default read := false

read if input.subject.role == "reader"

write := "a" if input.write
write := "b" if input.write == 2

lines contains n if some n in input.lines

nested.part := {"x": [1, {2, 1}]}

echo := input.value

lookup := data.ports[input.port]
literal := data.ports[80]
second := data.hosts["1"]
moved := x if { ports := data.ports; x := ports[input.port] }

now := time.now_ns()
random := rand.intn("x", 1000000)
id := uuid.rfc4122("x")
pair := [uuid.rfc4122("x"), uuid.rfc4122("y"), uuid.rfc4122("x")]

broken := to_number(input.text)

printed if print("role is", input.subject.role)

replaced := x if x := read with input as {"subject": {"role": "reader"}}
after := [x, y] if { x := input.value with input.value as 7; y := input.value }
mocked := x if x := to_number("5") with to_number as 3

parts.given := input.object

by_rule := data.orders.parts[input.name][input.port]
all_by_rule := {name: x | x := data.orders.parts[name][input.port]}
put := x if x := data.ports[input.port] with data.ports as input.object
put_inside := x if x := data.more.ports[input.port] with data.more.ports as input.object
beside := x if x := data.ports[input.port] with data.ports.other as input.object
scanned := [x | x := data.tables[_][input.port]]
point := data.hosts["."]
`;

const EMPTY = `package orders.packages.empty

f(x) := x`;

describe('a policy', () => {
  let policy: Policy;
  beforeAll(async () => {
    const data = '{"ports": {"80": "http"}, "hosts": ["a", "b"], "tables": [{"80": "web"}]}';
    policy = await policyOf({ rego: REGO, more: [EMPTY], entrypoints: ['orders'], data, revision: 'r1' });
  });

  it.each([
    ['orders/read', { subject: { role: 'reader' } }, true],
    ['/orders/read/', {}, false],
    ['orders/write', { write: 1 }, 'a'],
    ['orders/lines', { lines: ['b', 'a', 'b'] }, ['a', 'b']],
    ['orders/nested', {}, { part: { x: [1, [1, 2]] } }],
    ['orders/nested/part/x/0', {}, 1],
    ['orders/nested/part/y/0', {}, undefined],
    ['orders/nested/part/x', {}, [1, [1, 2]]],
    ['orders/missing', {}, undefined],
    ['orders/echo', undefined, undefined],
    ['orders/lookup', { port: 80 }, 'http'],
    ['orders/literal', {}, 'http'],
    ['orders/second', {}, 'b'],
    ['orders/moved', { port: 80 }, undefined],
    ['orders/broken', { text: 'x' }, undefined],
    ['orders/replaced', {}, true],
    ['orders/after', { value: 1 }, [7, 1]],
    ['orders/mocked', {}, 3],
    ['orders/by_rule', { name: 'given', object: { 80: 'x' }, port: 80 }, undefined],
    ['orders/by_rule', { name: 'given', object: { 80: 'x' }, port: '80' }, 'x'],
    ['orders/all_by_rule', { object: { 80: 'x' }, port: 80 }, {}],
    ['orders/put', { object: { 80: 'x' }, port: 80 }, undefined],
    ['orders/put', { object: { 80: 'x' }, port: '80' }, 'x'],
    ['orders/put', { object: ['x'], port: '0' }, undefined],
    ['orders/put_inside', { object: { 80: 'x' }, port: 80 }, undefined],
    ['orders/beside', { object: {}, port: 80 }, 'http'],
    ['orders/scanned', { port: 80 }, ['web']],
    ['orders/point', {}, 'a'],
    ['orders/packages', {}, { empty: {} }],
    ['orders/packages/empty', {}, {}],
  ])('%s of %j is %j', (path, input, expected) => {
    expect(policy.evaluate(path, input)).toEqual(expected);
  });

  it('has the revision and the entrypoints of its bundle', () => {
    expect(policy.revision).toBe('r1');
    expect(policy.entrypoints).toContain('orders');
  });

  it.each(['orders/missing', 'orders/missing/deep', 'orders/nested/missing'])(
    '%s: evaluates no rule where no rule defines the path',
    (path) => {
      expect(policy.evaluate(path, { write: 2 })).toBeUndefined();
    },
  );

  it('evaluates a rule alone: a conflict of its sibling is not met', () => {
    const input = { subject: { role: 'reader' }, write: 2 };
    expect(policy.evaluate('orders/read', input)).toBe(true);
    expect(errorOf(() => policy.evaluate('orders', input))).toMatchObject({
      code: 'CONFLICT',
      message: 'policy.rego:8: data.orders.write produced two different values',
      location: { file: 'policy.rego', row: 8, rule: 'data.orders.write' },
    });
  });

  it.each(['other', '', 'orders2/read'])('refuses the path %j, which no entrypoint encloses', (path) => {
    expect(errorOf(() => policy.evaluate(path))).toMatchObject({
      code: 'NOT_PLANNED',
      message: expect.stringContaining(`opa build -t plan -e ${path}`),
    });
  });

  it('gives plain JSON that is the callers own', () => {
    const value = { deep: [1, { a: 'b' }] };
    const result = policy.evaluate('orders/echo', { value });
    expect(result).toEqual(value);
    expect(result).not.toBe(value);
  });

  it.each([
    ['[1.0, 1e400, 12345678901234567890123]', '[1.0,1e400,12345678901234567890123]'],
    ['{"b": "<&>", "a": 2.50}', '{"a":2.50,"b":"\\u003c\\u0026\\u003e"}'],
  ])('gives %s as OPA writes it', async (data, expected) => {
    const rego = 'package t\nx := data.d';
    const exact = await policyOf({ rego, entrypoints: ['t/x'], data: `{"d": ${data}}` });
    expect(exact.evaluateToJson('t/x')).toBe(expected);
  });

  it('sees the time that it is given, which does not move', () => {
    expect(policy.evaluateToJson('orders/now', {}, { now: 1_700_000_000_123 })).toBe('1700000000123000000');
    expect(policy.evaluateToJson('orders/now', {}, { now: 1_700_000_000_123_456_789n })).toBe(
      '1700000000123456789',
    );
  });

  it('draws the same random numbers and UUIDs from the same seed', () => {
    const draw = (seed: string) => [
      policy.evaluate('orders/random', {}, { seed }),
      policy.evaluate('orders/id', {}, { seed }),
    ];
    expect(draw('a')).toEqual(draw('a'));
    expect(draw('a')).not.toEqual(draw('b'));
    const [first, second, third] = policy.evaluate('orders/pair') as string[];
    expect(third).toBe(first);
    expect(second).not.toBe(first);
  });

  it('ends with the failure of a builtin when builtin errors are strict', () => {
    const options = { strictBuiltinErrors: true };
    expect(errorOf(() => policy.evaluate('orders/broken', { text: 'x' }, options))).toMatchObject({
      code: 'BUILTIN_ERROR',
      message: expect.stringContaining('policy.rego:26: to_number: '),
    });
  });

  it('prints to a hook, with the place', () => {
    const lines: unknown[] = [];
    const print = (line: string, location: unknown) => lines.push({ line, location });
    policy.evaluate('orders/printed', { subject: { role: 'x' } }, { print });
    expect(lines).toEqual([{ line: 'role is x', location: expect.objectContaining({ row: 28 }) }]);
  });

  it('ends when the signal was aborted', () => {
    const signal = AbortSignal.abort('gone');
    expect(errorOf(() => policy.evaluate('orders/read', {}, { signal }))).toMatchObject({
      code: 'ABORTED',
      cause: 'gone',
    });
  });
});

import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Policy } from '../src/index.js';
import { policyOf } from './support/build.js';

const REGO = `package t

keys := [k | some k, _ in input.object]
size := count(input.object)
proto := input.object["__proto__"].admin
constructor := input.object.constructor
text := input.object.toString
role := input.object.role
same if input.object == {"a": 1}
member if input.object in [{"a": 1}]
first := input.list[0]
length := input.list.length
found := x if { x := input.list["length"] }
merged := object.union(input.object, {"z": 1})
whole := input
`;

describe('the input', () => {
  let policy: Policy;
  beforeAll(async () => {
    policy = await policyOf({ rego: REGO, entrypoints: ['t'] });
  });

  it.each([
    ['text', { object: {} }, undefined],
    ['constructor', { object: {} }, undefined],
    ['constructor', { object: { constructor: 'own' } }, 'own'],
    ['proto', { object: {} }, undefined],
    ['proto', { object: Object.create({ admin: true }) as object }, undefined],
    ['proto', JSON.parse('{"object": {"__proto__": {"admin": true}}}'), true],
    [
      'role',
      {
        object: Object.create({ role: 'admin' }, { ['__proto__']: { value: Object.prototype } }) as object,
      },
      undefined,
    ],
    [
      'keys',
      { object: Object.create({ inherited: 1 }, { own: { value: 1, enumerable: true } }) as object },
      ['own'],
    ],
    ['keys', { object: { b: 1, a: undefined, c: () => 1, [Symbol('d')]: 1 } }, ['b']],
    ['size', { object: { b: 1, a: undefined } }, 1],
    ['same', { object: { a: 1 } }, true],
    ['same', { object: Object.assign(Object.create(null) as object, { a: 1 }) }, true],
    ['member', { object: { a: 1 } }, true],
    ['first', { list: [undefined] }, undefined],
    ['length', { list: [1] }, undefined],
    ['found', { list: [1] }, undefined],
  ])('%s of %j is %j: only own properties are read', (rule, input, expected) => {
    const first = rule === 'first' ? null : expected;
    expect(policy.evaluate(`t/${rule}`, input)).toEqual(first);
  });

  it('keeps an own key "__proto__" a key', () => {
    const input: unknown = JSON.parse('{"object": {"__proto__": {"admin": true}}}');
    for (const rule of ['whole', 'merged']) {
      const result = policy.evaluate(`t/${rule}`, input) as object;
      expect(JSON.stringify(result)).toContain('"__proto__":{"admin":true}');
      expect((result as { admin?: unknown }).admin).toBeUndefined();
    }
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  it('is never changed', () => {
    const freeze = (value: unknown): unknown => {
      if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze);
      return value;
    };
    const input = freeze({ object: { a: { b: [1, { c: 1 }] } }, list: [[3], [1]] });
    const text = JSON.stringify(input);
    policy.evaluate('t', input);
    expect(JSON.stringify(input)).toBe(text);
  });

  it('turns the error of a getter into an error of the evaluation', () => {
    const input = {
      get object(): never {
        throw new Error('no');
      },
    };
    expect(() => policy.evaluate('t/keys', input)).toThrow(
      expect.objectContaining({ code: 'EVALUATION_FAILED' }),
    );
  });

  it('may be nested so deep that it fills the stack: an error, and the next evaluation is unharmed', () => {
    let object: Record<string, unknown> = {};
    for (let depth = 0; depth < 100_000; depth++) object = { object };
    expect(() => policy.evaluate('t/merged', { object })).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    );
    expect(policy.evaluate('t/size', { object: { a: 1 } })).toBe(1);
  });
});

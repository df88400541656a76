import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InputSnapshot, inputJson } from '../../src/contracts/index.js';
import { plainCopyOf } from '../../src/contracts/plain-copy.js';

class Account {
  readonly id = 1;
  readonly #secret = 2;
  get computed(): number {
    return this.#secret;
  }
}

const rawJson = (JSON as { rawJSON?: (text: string) => object }).rawJSON;

describe('the copy of a value', () => {
  it.each<[string, unknown]>([
    ['texts, numbers and literals', { a: ['é😀', '', 1.5, -1e-7, 1e21, true, false, null] }],
    ['negative zero', [-0]],
    ['members that are undefined', { a: undefined, b: 1 }],
    ['keys that are numbers', { 2: 'b', 1: 'a', c: 'd' }],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
    [
      'inherited members',
      Object.create(Object.create(null, { a: { value: 1, enumerable: true } }) as object),
    ],
    ['an instance of a class', { subject: new Account() }],
    ['members that are not enumerable', Object.defineProperty({ a: 1 }, 'b', { value: 2 })],
    ['symbols as keys', { a: 1, [Symbol('b')]: 2 }],
    [
      'a getter',
      {
        get a() {
          return [1];
        },
      },
    ],
    ['a proxy', new Proxy({ a: 1 }, {})],
    ['an array with further members', Object.assign([1, 2], { more: 3 })],
    ['control characters', { '\0\n': '"\\\u007f\u2028' }],
  ])('equals the JSON of %s', (_name, value) => {
    const copy = plainCopyOf(value);
    const json = JSON.stringify(value);
    expect(copy?.value).toStrictEqual(JSON.parse(json));
    expect(JSON.stringify(copy?.value)).toBe(json);
  });

  it.each<[string, unknown]>([
    ['a key "__proto__"', JSON.parse('{"__proto__": {"admin": true}}')],
    ['half of a surrogate pair', ['\ud800']],
    ['half of a surrogate pair in a key', { '\udc00': 1 }],
    ['toJSON', { at: new Date(0) }],
    ['toJSON of an array', Object.assign([1], { toJSON: () => 2 })],
    ['toJSON of a function', { a: Object.assign(() => 1, { toJSON: () => 2 }) }],
    ['a function', { a: () => 1 }],
    ['a boxed value', [Object('a')]],
    ['a Map', new Map()],
    ['a Set', new Set()],
    ['NaN', { a: NaN }],
    ['a bigint', { a: 1n }],
    ['a symbol', { a: Symbol('b') }],
    ['undefined', undefined],
    ['a hole', Array(1)],
    [
      'a getter that throws',
      {
        get a() {
          throw new Error('no');
        },
      },
    ],
    ['many levels', JSON.parse('['.repeat(100) + ']'.repeat(100))],
    ['a long text', 'a'.repeat(100_000)],
    ['a long key', { ['a'.repeat(100_000)]: 1 }],
    ['many values', Array.from({ length: 100_000 }, () => null)],
    ...(rawJson === undefined ? [] : [['raw JSON', [rawJson('1.0')]] as [string, unknown]]),
  ])('is refused for %s', (_name, value) => {
    expect(plainCopyOf(value)).toBeUndefined();
  });

  it('ends for a graph with few objects and many paths', () => {
    let graph: object = {};
    for (let level = 0; level < 60; level += 1) graph = { a: graph, b: graph };
    expect(plainCopyOf(graph)).toBeUndefined();
  });

  it('equals the JSON of any value, which is no longer than the estimated size', () => {
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withObjectString: true,
      withSparseArray: true,
      withTypedArray: true,
      maxDepth: 4,
    });
    let copies = 0;
    fc.assert(
      fc.property(fc.oneof(anything, fc.jsonValue({ stringUnit: 'binary' })), (value) => {
        const copy = plainCopyOf(value);
        if (copy === undefined) return;
        copies += 1;
        const json = inputJson(value);
        expect(copy.value).toStrictEqual(JSON.parse(json));
        expect(JSON.stringify(copy.value)).toBe(json);
        expect(Buffer.byteLength(json)).toBeLessThanOrEqual(copy.maxBytes);
      }),
    );
    expect(copies).toBeGreaterThan(20);
  });
});

describe('the snapshot of an input', () => {
  it.each<[string, () => { list: unknown[] }]>([
    ['a plain one', () => ({ list: [{ id: 1 }] })],
    ['one with a date', () => ({ list: [{ id: 1 }, new Date(0)] })],
    ['a large one', () => ({ list: ['a'.repeat(100_000)] })],
  ])('does not change when the input changes: %s', (_name, make) => {
    const input = make();
    const json = JSON.stringify(input);
    const snapshot = InputSnapshot.of(input);
    input.list.push('later');
    Object.assign(input.list[0] as object, { id: 2 });
    expect(snapshot.read(JSON.parse)).toEqual(JSON.parse(json));
    expect(snapshot.json).toBe(json);
  });

  it.each([0, 10, 100, 100_000])(
    'tells exactly whether an input of %d characters exceeds a limit',
    (length) => {
      const bytes = Buffer.byteLength(JSON.stringify({ é: 'é'.repeat(length) }));
      const snapshot = InputSnapshot.of({ é: 'é'.repeat(length) });
      expect([snapshot.exceeds(bytes - 1), snapshot.exceeds(bytes)]).toEqual([true, false]);
    },
  );

  it('of no input has no JSON and no value', () => {
    const snapshot = InputSnapshot.of(undefined);
    expect([snapshot.json, snapshot.read(JSON.parse)]).toEqual(['', undefined]);
  });
});

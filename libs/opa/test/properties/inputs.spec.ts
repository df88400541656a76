import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { types } from 'node:util';
import type { OpaService } from 'nestjs-opa';
import { bench } from '../faults/support/modules.js';
import { httpServer } from '../support.js';

const { open, throughAxios, uses } = bench();

/** Values that JSON.stringify changes without a word. */
const treacherous = fc
  .oneof(
    fc.constantFrom<unknown>(
      NaN,
      Infinity,
      Object(NaN),
      Object(-Infinity),
      new Date(NaN),
      undefined,
      () => 1,
    ),
    fc.constantFrom<unknown>(Symbol('s'), 1n, Object(1n), new Map([[1, 2]]), new Set([1])),
  )
  .chain((value) => fc.constantFrom<unknown>(value, [value], { a: value }, { toJSON: () => value }));
const anything = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.anything({
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
    }),
  },
  { weight: 1, arbitrary: treacherous },
);

/** What JSON leaves out of an object. */
const isLeftOut = (value: unknown): boolean => ['undefined', 'function', 'symbol'].includes(typeof value);

const hasToJson = (value: object): value is { toJSON(): unknown } =>
  'toJSON' in value && typeof value.toJSON === 'function';

/** Tells whether what arrived says the same as what was given; it reads the given value itself, not its JSON. */
function same(sent: unknown, arrived: unknown): boolean {
  if (types.isBoxedPrimitive(sent)) return same(sent.valueOf(), arrived);
  if (typeof sent === 'number') return Number.isFinite(sent) && sent === arrived;
  if (typeof sent !== 'object' || sent === null) return sent === arrived;
  if (sent instanceof Date) return !Number.isNaN(sent.getTime()) && arrived === sent.toISOString();
  if (sent instanceof Map || sent instanceof Set) return false;
  if (hasToJson(sent)) return same(sent.toJSON(), arrived);
  if (typeof arrived !== 'object' || arrived === null) return false;
  if (Array.isArray(sent)) {
    return (
      Array.isArray(arrived) &&
      sent.length === arrived.length &&
      // By index, for a hole must not be passed over.
      arrived.every((item, index) => same(sent[index], item))
    );
  }
  const entries = Object.entries(sent).filter(([, value]) => !isLeftOut(value));
  return (
    !Array.isArray(arrived) &&
    entries.length === Object.keys(arrived).length &&
    entries.every(([key, value]) => Object.hasOwn(arrived, key) && same(value, Reflect.get(arrived, key)))
  );
}

let opa: OpaService;
let bodies: string[];

beforeEach(async () => {
  bodies = [];
  const { url } = await uses(
    httpServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        bodies.push(Buffer.concat(chunks).toString());
        response.end('{"result":true}');
      });
    }),
  );
  opa = await open({ url });
});

async function check(input: unknown): Promise<boolean> {
  bodies.length = 0;
  const code = await opa.decide({ input }).then(
    () => 'asked',
    (error: unknown) => (error as { code?: string }).code,
  );
  if (code !== 'asked') {
    expect({ code, bodies }).toEqual({ code: 'OPA_BAD_INPUT', bodies: [] });
    return false;
  }
  expect(bodies).toHaveLength(1);
  const body = JSON.parse(bodies[0] ?? '') as object;
  const arrived: unknown = Reflect.get(body, 'input');
  const isSame = input === undefined ? !('input' in body) : same(input, arrived);
  expect({ input, arrived, isSame }).toMatchObject({ isSame: true });
  return true;
}

describe('for any input', () => {
  it.each([
    ['straight to the wire', () => undefined],
    ['through axios', throughAxios],
  ])('OPA receives exactly that input, or no query is sent: %s', async (_way, go) => {
    go();
    await fc.assert(
      fc.asyncProperty(anything, async (input) => {
        await check(input);
      }),
      { numRuns: 500 },
    );
  });

  it('OPA receives every value that JSON can hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ stringUnit: 'binary' }), async (input) => {
        expect(await check(input)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

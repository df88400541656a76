import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { OpaService } from 'nestjs-opa';
import { bench } from '../faults/support/modules.js';
import { httpServer } from '../support.js';

const { open, throughAxios, uses } = bench();

const VERDICTS = ['allow', 'allowed', 'decision'];

/** Values that a careless reader takes for true. */
const truthy = fc.constantFrom<unknown>(
  true,
  'true',
  1,
  'allow',
  'yes',
  [true],
  { allow: true },
  [],
  {},
  -1,
  'false',
);
const value = fc.oneof(truthy, fc.boolean(), fc.jsonValue({ maxDepth: 3 }));

/** Documents that look like decisions, valid and not. */
const verdict = fc
  .record(
    {
      allow: value,
      allowed: value,
      decision: value,
      Allow: value,
      result: value,
      // Computed: written plainly it would set the prototype of this record.
      ['__proto__']: value,
      constructor: value,
      reason: fc.oneof(fc.string(), value),
      reasons: fc.oneof(fc.array(fc.string()), value),
      obligations: fc.oneof(fc.constant([]), fc.constant([{ type: 'mask' }]), value),
      http_status: fc.oneof(fc.integer({ min: 300, max: 599 }), value),
      headers: fc.oneof(fc.constant({ 'x-a': 'b' }), value),
      context: value,
    },
    { requiredKeys: [] },
  )
  .map((fields): unknown => fields);
const honest = fc.record(
  { allow: fc.boolean(), allowed: fc.boolean(), decision: fc.boolean(), reason: fc.string() },
  { requiredKeys: [] },
);
const result = fc.oneof(fc.boolean(), value, verdict, honest);
const answer = fc.oneof(
  { weight: 6, arbitrary: result.map((document): unknown => ({ result: document })) },
  { weight: 1, arbitrary: fc.record({ Result: result, results: result }).map((fields): unknown => fields) },
  { weight: 1, arbitrary: value },
);

/** What the contract lets a document be, whatever else of it may be wrong. */
function expected(body: unknown): string[] {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return ['OPA_BAD_ANSWER'];
  if (!Object.hasOwn(body, 'result')) return ['undefined'];
  const document: unknown = Reflect.get(body, 'result');
  if (typeof document === 'boolean') return [document ? 'allow' : 'deny'];
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    return ['OPA_BAD_DECISION'];
  const verdicts = VERDICTS.filter((key) => Object.hasOwn(document, key)).map(
    (key) => Reflect.get(document, key) as unknown,
  );
  const [first] = verdicts;
  if (typeof first !== 'boolean' || verdicts.some((verdict) => verdict !== first))
    return ['OPA_BAD_DECISION'];
  // What stands beside the verdict may spoil it, and never turns it round.
  const plain = Object.keys(document).every((key) => VERDICTS.includes(key));
  return plain ? [first ? 'allow' : 'deny'] : [first ? 'allow' : 'deny', 'OPA_BAD_DECISION'];
}

let opa: OpaService;
let body: string;

beforeEach(async () => {
  const { url } = await uses(httpServer((_request, response) => response.end(body)));
  opa = await open({ url, onUnavailable: 'allow' });
});

describe('for any JSON response of OPA', () => {
  it.each([
    ['straight from the wire', () => undefined],
    ['through axios', throughAxios],
  ])('the outcome is the one that the contract defines: %s', async (_way, go) => {
    go();
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(answer, async (document) => {
        body = JSON.stringify(document);
        const outcome = await opa.decide({ input: {} }).then(
          (decision) => {
            expect(decision.allowed).toBe(decision.outcome === 'allow');
            return decision.outcome;
          },
          (error: unknown) => String((error as { code?: string }).code),
        );
        expect(expected(JSON.parse(body))).toContain(outcome);
        outcomes.add(outcome);
      }),
      { numRuns: 300 },
    );
    expect([...outcomes].sort()).toEqual([
      'OPA_BAD_ANSWER',
      'OPA_BAD_DECISION',
      'allow',
      'deny',
      'undefined',
    ]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestingModule } from '@nestjs/testing';
import { Test } from '@nestjs/testing';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaModule, OpaService } from 'nestjs-opa';
import type { OpaServer } from 'nestjs-opa/testing';
import { startOpa } from 'nestjs-opa/testing';
import { buildBundle, opaBinary } from '../engines/support/opa.js';

const REGO = `package docs

owns(doc) if doc.owner == input.subject.id

indexes contains index if {
  some index, doc in input.items
  owns(doc)
}

listed := [index | some index, doc in input.items; owns(doc)]

listed_for_ann := listed if input.subject.id == "ann"

keys contains doc.id if {
  some doc in input.items
  owns(doc)
}

default plain := false

plain if owns(input.item)

verdict := {"allow": owns(input.item), "reasons": []} if input.item.owner
verdict := {"allow": false} if not input.item.owner

# Two values for a document that is called "clash": a conflict.
level(doc) := 1 if doc.owner
level(doc) := 2 if doc.id == "clash"

fragile contains index if {
  some index, doc in input.items
  level(doc) == 1
  owns(doc)
}

default fragile_item := false

fragile_item if {
  level(input.item) == 1
  owns(input.item)
}
`;
const RULES = ['indexes', 'listed', 'listed_for_ann', 'keys', 'plain', 'verdict', 'fragile', 'fragile_item'];

interface Doc {
  readonly id: string;
  readonly owner: string;
}
const doc = (id: string, owner: string): Doc => ({ id, owner });
const docs = [doc('a', 'ann'), doc('b', 'bob'), doc('c', 'ann'), doc('d', 'ann')];
const input = { subject: { id: 'ann' } };

let server: OpaServer;
const engines: Record<string, () => Promise<OpaModuleOptions>> = {
  'a real OPA': () => Promise.resolve({ url: server.url }),
  'the embedded engine': async () => ({
    bundle: await buildBundle(REGO, ...RULES.map((rule) => `docs/${rule}`)),
  }),
};

beforeAll(async () => {
  server = await startOpa({ rego: REGO, binary: await opaBinary() });
});
afterAll(async () => {
  await server.stop();
});

describe.each(Object.keys(engines))('filter with %s', (engine) => {
  let module: TestingModule;
  let opa: OpaService;

  beforeAll(async () => {
    const options = (await engines[engine]?.()) ?? {};
    module = await Test.createTestingModule({ imports: [OpaModule.forRoot(options)] }).compile();
    module.useLogger(false);
    await module.init();
    opa = module.get(OpaService);
  });
  afterAll(() => module.close());

  const allowedIds = async (
    rule: string,
    options: object = {},
    of: readonly Doc[] = docs,
  ): Promise<string[]> =>
    (await opa.filter(of, { policy: `docs/${rule}`, input, ...options })).map(({ id }) => id);

  it.each([
    ['indexes', {}],
    ['listed', {}],
    ['keys', { key: ({ id }: Doc) => id }],
    ['plain', {}],
    ['verdict', { concurrency: 2 }],
  ])('returns the items that %s allows, in their original order', async (rule, options) => {
    expect(await allowedIds(rule, options)).toEqual(['a', 'c', 'd']);
    expect(await allowedIds(rule, { ...options, input: { subject: { id: 'eve' } } })).toEqual([]);
  });

  it('sends one query, or one query for each item where the policy decides about single items', async () => {
    const decisions = (): number => Object.values(opa.stats().decisions).reduce((sum, n) => sum + n, 0);
    const before = decisions();
    await allowedIds('indexes');
    expect(decisions() - before).toBe(1);
    await allowedIds('plain');
    expect(decisions() - before).toBe(1 + 1 + docs.length);
  });

  it('sends the policy the values that `describe` returns', async () => {
    expect(
      await allowedIds('indexes', { describe: ({ id }: Doc) => ({ owner: id === 'b' ? 'ann' : '' }) }),
    ).toEqual(['b']);
  });

  it('leaves out an item on which the policy fails, in either form of policy', async () => {
    const some = [...docs, doc('clash', 'ann')];
    expect(await allowedIds('fragile', {}, some)).toEqual(['a', 'c', 'd']);
    expect(await allowedIds('fragile_item', {}, [doc('clash', 'ann'), ...docs])).toEqual(['a', 'c', 'd']);
    await expect(allowedIds('fragile', {}, [doc('clash', 'ann')])).rejects.toMatchObject({
      code: 'OPA_POLICY_ERROR',
    });
  });

  it('returns nothing where the policy is undefined', async () => {
    expect(await allowedIds('listed_for_ann', { input: { subject: { id: 'bob' } } })).toEqual([]);
    expect(await allowedIds('listed_for_ann')).toEqual(['a', 'c', 'd']);
  });
});

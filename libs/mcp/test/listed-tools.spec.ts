import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TestEngine } from 'nestjs-opa/testing';
import type { McpPolicyEnforcer } from '../src/policy/policy-enforcer.js';
import { call, cleanUp, enforcer, modern } from './support.js';

const search = {
  name: 'search',
  title: 'Search',
  description: 'Searches the orders.',
  annotations: { readOnlyHint: true },
  inputSchema: { type: 'object', properties: { q: { type: 'string' } } },
  outputSchema: { type: 'object' },
};
const aliceAs = call('x').caller;
const bob = { caller: { ...aliceAs, claims: { sub: 'bob' } } };
const anonymous = { caller: { ...aliceAs, claims: undefined } };

let engine: TestEngine;
beforeEach(() => {
  engine = new TestEngine({ request: true, response: true, list: true });
});
afterEach(cleanUp);

const calls = (more: object = {}, name = 'search') => call('tools/call', { name, arguments: {} }, more);
const list = (mcp: McpPolicyEnforcer, tools: readonly unknown[], more: object = {}) =>
  mcp.after(call('tools/list', {}, more), { tools });

/** The `resource` of the latest query. */
const resource = (): unknown => (engine.questions.at(-1)?.input as { resource: unknown }).resource;

describe.each([
  ['2025-11-25', {}],
  ['2026-07-28', modern],
])('the tool of a call in %s', (_version, era) => {
  it('is in the input of the request and of the result, as the list policy sees the tool', async () => {
    const mcp = await enforcer(engine, { list: 'list', response: 'response' });
    await list(mcp, [{ name: 'other' }, search], era);
    const [, listed] = (engine.questions[0]?.input as { items: readonly unknown[] }).items;
    expect(listed).toEqual(search);
    await mcp.before(calls(era));
    expect(resource()).toEqual({ type: 'tool', id: 'search', tool: listed });
    await mcp.after(calls(era), { content: [] });
    expect(engine.questions.at(-1)?.policy).toBe('response');
    expect(resource()).toEqual({ type: 'tool', id: 'search', tool: listed });
  });

  it('is missing when the server has not listed the tool to the subject', async () => {
    const mcp = await enforcer(engine);
    await list(mcp, [search], era);
    for (const [name, more] of [
      ['search', bob],
      ['search', anonymous],
      ['Search', {}],
    ] as const) {
      await mcp.before(calls({ ...era, ...more }, name));
      expect(resource()).toEqual({ type: 'tool', id: name });
    }
  });

  it('is the tool of the latest list, also when the list policy hides the tool', async () => {
    const mcp = await enforcer(engine, { list: 'list' });
    engine.answer('list', false);
    await list(mcp, [search], era);
    const changed = { name: 'search', annotations: { destructiveHint: true } };
    await list(mcp, [changed], era);
    await mcp.before(calls(era));
    expect(resource()).toEqual({ type: 'tool', id: 'search', tool: changed });
  });
});

describe('the stored tools', () => {
  it('belong to one subject each', async () => {
    const mcp = await enforcer(engine);
    const ofBob = { name: 'search', annotations: { readOnlyHint: false } };
    await list(mcp, [search]);
    await list(mcp, [ofBob], bob);
    await list(mcp, [{ name: 'search' }], anonymous);
    const tools = [];
    for (const more of [{}, bob, anonymous]) {
      await mcp.before(calls(more));
      tools.push((resource() as { tool: unknown }).tool);
    }
    expect(tools).toEqual([search, ofBob, { name: 'search' }]);
  });

  it('keep no tool of more than 65,536 characters, nor an earlier version of the tool', async () => {
    const mcp = await enforcer(engine);
    await list(mcp, [search]);
    await list(mcp, [{ ...search, description: 'x'.repeat(65_536) }]);
    await mcp.before(calls());
    expect(resource()).toEqual({ type: 'tool', id: 'search' });
  });

  it('are bounded: the tools that were used last remain', async () => {
    const mcp = await enforcer(engine);
    const large = Array.from({ length: 600 }, (_, index) => ({
      name: `tool${String(index)}`,
      description: 'x'.repeat(60_000),
    }));
    await list(mcp, large);
    await mcp.before(calls({}, 'tool0'));
    expect(resource()).toEqual({ type: 'tool', id: 'tool0' });
    await mcp.before(calls({}, 'tool599'));
    expect(resource()).toMatchObject({ tool: { name: 'tool599' } });
  });

  it('ignore items that are no objects with a name, and other lists', async () => {
    const mcp = await enforcer(engine);
    await list(mcp, [null, 'search', { name: 5 }, {}]);
    await mcp.after(call('prompts/list'), { prompts: [search] });
    await mcp.before(calls());
    expect(resource()).toEqual({ type: 'tool', id: 'search' });
  });

  it('are not in the input of other requests', async () => {
    const mcp = await enforcer(engine);
    await list(mcp, [search]);
    await mcp.before(call('prompts/get', { name: 'search' }));
    expect(resource()).toEqual({ type: 'prompt', id: 'search' });
  });
});

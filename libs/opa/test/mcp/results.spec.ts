import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OutputSchemas } from 'nestjs-opa/mcp';
import { TestEngine } from 'nestjs-opa/testing';
import { call, cleanUp, enforcer, modern, tool } from './support.js';

let engine: TestEngine;
beforeEach(() => {
  engine = new TestEngine({ request: true, response: true, list: true });
});
afterEach(cleanUp);

describe('lists', () => {
  const tools = { tools: [{ name: 'a' }, { name: 'b' }, { name: 'c' }], nextCursor: 'n' };
  it.each([
    ['true', true, ['a', 'b', 'c']],
    ['an allow', { allow: true }, ['a', 'b', 'c']],
    ['false', false, []],
    ['undefined', undefined, []],
    ['names', ['c', 'a', 'x'], ['a', 'c']],
    ['phases', { a: 'allow', b: 'conditional', c: 'deny' }, ['a', 'b']],
    ['an allow with names', { allow: true, items: ['b'] }, ['b']],
    ['an allow with phases', { allow: true, items: { b: 'conditional' } }, ['b']],
    ['a name that is a phase word', { allow: 'allow', a: 'allow' }, ['a']],
  ])('are filtered by %s, in one question', async (_name, answer, names) => {
    const mcp = await enforcer(engine, { list: 'list' });
    engine.answer('list', answer);
    const list = call('tools/list', {});
    expect(mcp.seesResult(list)).toBe(true);
    const seen = await mcp.after(list, tools);
    expect(seen).toEqual({ result: { tools: names.map((name) => ({ name })), nextCursor: 'n' } });
    expect(engine.questions).toMatchObject([{ policy: 'list', input: { items: tools.tools } }]);
  });

  it.each([[{ allow: true, reasons: [] }], ['all'], [[1]], [{ a: 'maybe' }], [null], [{ allow: null }]])(
    'are refused by %j, which says nothing of items',
    async (answer) => {
      const mcp = await enforcer(engine, { list: 'list' });
      engine.answer('list', answer);
      expect(await mcp.after(call('tools/list', {}), tools)).toMatchObject({ refusal: { code: -32603 } });
    },
  );

  it('that a policy has filtered are private in the newer era', async () => {
    const mcp = await enforcer(engine, { list: 'list' });
    const result = { tools: [], ttlMs: 60_000, cacheScope: 'public' };
    expect(await mcp.after(call('tools/list', {}, modern), result)).toEqual({
      result: { tools: [], ttlMs: 0, cacheScope: 'private' },
    });
  });

  it('of resources go by uri, of templates by uriTemplate', async () => {
    const mcp = await enforcer(engine, { list: 'list' });
    engine.answer('list', ['u']);
    expect(await mcp.after(call('resources/list'), { resources: [{ uri: 'u' }, { uri: 'v' }] })).toEqual({
      result: { resources: [{ uri: 'u' }] },
    });
    const templates = { resourceTemplates: [{ uriTemplate: 'u' }, { uriTemplate: 'v' }] };
    expect(await mcp.after(call('resources/templates/list'), templates)).toEqual({
      result: { resourceTemplates: [{ uriTemplate: 'u' }] },
    });
  });
});

describe('results', () => {
  const result = {
    content: [{ type: 'text', text: 'ann@example.com' }],
    structuredContent: { email: 'ann' },
  };
  const listing = { content: [{ type: 'text', text: 'ok' }] };
  const schemas = new OutputSchemas(() =>
    Promise.resolve([
      {
        name: 'search',
        outputSchema: { type: 'object', properties: { email: { type: 'string' } }, required: ['email'] },
      },
    ]),
  );

  it('pass without a response policy, and are decided with one', async () => {
    expect((await enforcer(engine)).seesResult(tool)).toBe(false);
    const mcp = await enforcer(engine, { response: 'response' });
    expect(mcp.seesResult(tool)).toBe(true);
    expect(await mcp.after(tool, result)).toEqual({ result });
    expect(engine.questions).toMatchObject([
      { policy: 'response', input: { resource: { type: 'tool', id: 'search' }, response: { result } } },
    ]);
  });

  it('are masked, and their structured content stays valid', async () => {
    const mcp = await enforcer(engine, { response: 'response' }, {}, schemas);
    const mask = (...paths: string[]) => ({
      allow: true,
      obligations: [{ type: 'mask', properties: { paths } }],
    });
    engine.answer('response', mask('/content/*/text', '/structuredContent/email'));
    expect(await mcp.after(tool, result)).toEqual({
      result: { content: [{ type: 'text', text: '***' }], structuredContent: { email: '***' } },
    });
    const remove = [{ type: 'remove', properties: { path: '/structuredContent/email' } }];
    engine.answer('response', { allow: true, obligations: remove });
    expect(await mcp.after(tool, result)).toMatchObject({ refusal: { code: -32603 } });
  });

  it('with structured content of a tool that nobody knows are not changed but refused', async () => {
    const mcp = await enforcer(engine, { response: 'response' });
    engine.answer('response', {
      allow: true,
      obligations: [{ type: 'mask', properties: { path: '/content' } }],
    });
    expect(await mcp.after(tool, result)).toMatchObject({ refusal: { code: -32603 } });
  });

  it("are replaced by the policy's body", async () => {
    const mcp = await enforcer(engine, { response: 'response' });
    engine.answer('response', { allow: true, body: { content: [] } });
    expect(await mcp.after(tool, listing)).toEqual({ result: { content: [] } });
    engine.answer('response', { allow: true, body: 'text' });
    expect(await mcp.after(tool, listing)).toMatchObject({ refusal: { code: -32603 } });
  });

  it.each([
    ['denied', { allow: false, reasons: ['secret'] }, -32001],
    ['undefined', undefined, -32001],
    ['allowed under an unknown obligation', { allow: true, obligations: [{ type: 'notarize' }] }, -32001],
    ['no decision', 'yes', -32603],
  ])('do not leave when they are %s', async (_name, answer, code) => {
    const mcp = await enforcer(engine, { response: 'response' });
    engine.answer('response', answer);
    const seen = await mcp.after(tool, result);
    expect(seen).toMatchObject({ refusal: { code } });
    expect(JSON.stringify(seen)).not.toContain('ann');
  });

  it.each([
    ['no object', 'text'],
    ['no content', {}],
    ['content that is no list', { content: {} }],
    ['an item that is no object', { content: ['x'] }],
    ['an item without a type', { content: [{}] }],
    ['structured content that is no object', { content: [], structuredContent: 1 }],
  ])('of another shape are refused: %s', async (_name, given) => {
    const mcp = await enforcer(engine, { response: 'response' });
    expect(await mcp.after(tool, given)).toMatchObject({ refusal: { code: -32603 } });
    expect(engine.questions).toEqual([]);
  });

  it.each([
    ['a task handle', { task: { taskId: 't' } }],
    ['input required', { resultType: 'input_required', inputRequests: {} }],
  ])('of other known shapes are decided too: %s', async (_name, given) => {
    const mcp = await enforcer(engine, { response: 'response' });
    expect(await mcp.after(call('tools/call', { name: 'x' }, modern), given)).toEqual({ result: given });
    expect(engine.questions).toHaveLength(1);
  });
});

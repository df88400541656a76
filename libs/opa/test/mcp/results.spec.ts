import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { OpaError, OpaModule, OpaService } from 'nestjs-opa';
import { McpPolicyEnforcer, OutputSchemas } from 'nestjs-opa/mcp';
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
    expect(seen).toMatchObject({ result: { tools: names.map((name) => ({ name })), nextCursor: 'n' } });
    const hidden = ['a', 'b', 'c'].filter((name) => !names.includes(name));
    expect(seen).toMatchObject(hidden.length === 0 ? {} : { hidden: { names: hidden } });
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
      hidden: { names: ['v'] },
    });
    const templates = { resourceTemplates: [{ uriTemplate: 'u' }, { uriTemplate: 'v' }] };
    expect(await mcp.after(call('resources/templates/list'), templates)).toMatchObject({
      result: { resourceTemplates: [{ uriTemplate: 'u' }] },
    });
  });

  it('show no item whose name is no text, and pass whole without a list policy', async () => {
    const odd = { tools: [{ name: 5 }, {}, { name: null }, { name: 'a' }] };
    const mcp = await enforcer(engine, { list: 'list' });
    engine.answer('list', ['5', 'undefined', 'null', '[object Object]', 'a']);
    expect(await mcp.after(call('tools/list'), odd)).toMatchObject({ result: { tools: [{ name: 'a' }] } });
    expect(await (await enforcer(engine)).after(call('tools/list'), odd)).toEqual({ result: odd });
  });

  it.each([
    ['permissive', false],
    ['permissive', new OpaError('OPA_UNREACHABLE', 'x')],
    ['permissive', 'nonsense'],
    ['disabled', false],
  ] as const)('are whole in mode %s', async (mode, answer) => {
    const mcp = await enforcer(engine, { list: 'list' }, { mode });
    engine.answer('list', answer);
    expect(await mcp.after(call('tools/list'), tools)).toEqual({ result: tools });
    expect(engine.questions).toHaveLength(mode === 'disabled' ? 0 : 1);
  });

  it('are counted as decisions, and what they would hide is reported', async () => {
    const module = { module: class App {}, imports: [OpaModule.forRoot({ engine, mode: 'permissive' })] };
    const app = await NestFactory.createApplicationContext(module, { logger: false });
    const opa = app.get(OpaService);
    const mcp = new McpPolicyEnforcer(opa, { policy: 'request', list: 'list' }, new OutputSchemas());
    engine.answer('list', ['a']);
    await mcp.after(call('tools/list'), tools);
    expect([opa.stats().decisions.allow, opa.permissiveReport()]).toMatchObject([1, [{ policy: 'list' }]]);
    await app.close();
  });

  it.each([
    ['no object', 'text'],
    ['no list', { tools: {} }],
    ['an item that is no object', { tools: ['a'] }],
  ])('of another shape are refused: %s', async (_name, given) => {
    const mcp = await enforcer(engine, { list: 'list' });
    expect(await mcp.after(call('tools/list'), given)).toMatchObject({ refusal: { code: -32603 } });
    expect(engine.questions).toEqual([]);
  });

  it('say once of a tool that its own mapping is not followed', async () => {
    const mcp = await enforcer(engine);
    const logger = { warn: jest.fn(), log: jest.fn(), error: jest.fn() };
    Logger.overrideLogger(logger);
    const mapped = { tools: [{ name: 'own', inputSchema: { 'x-authzen-mapping': { evaluation: {} } } }] };
    await mcp.after(call('tools/list'), mapped);
    await mcp.after(call('tools/list'), mapped);
    Logger.overrideLogger(false);
    expect(logger.warn.mock.calls).toEqual([[expect.stringContaining('"own"'), 'OpaMcp']]);
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

  it('may have their structured content unchecked where no policy has changed it', async () => {
    const mcp = await enforcer(engine, { response: 'response' });
    const path = '/content/0/text';
    engine.answer('response', { allow: true, obligations: [{ type: 'mask', properties: { path } }] });
    expect(await mcp.after(tool, result)).toEqual({
      result: { ...result, content: [{ type: 'text', text: '***' }] },
    });
  });

  it.each([
    ['the other dialect that servers use', 'http://json-schema.org/draft-07/schema#', { result: {} }],
    ['one that nobody knows', 'https://example.com/schema', { refusal: { code: -32603 } }],
  ])('are checked by a schema of %s', async (_name, $schema, expected) => {
    const outputSchema = { $schema, type: 'object', properties: { email: { type: 'string' } } };
    const own = new OutputSchemas(() => Promise.resolve([{ name: 'search', outputSchema }]));
    const mcp = await enforcer(engine, { response: 'response' }, {}, own);
    const mask = { type: 'mask', properties: { path: '/structuredContent/email' } };
    engine.answer('response', { allow: true, obligations: [mask] });
    expect(await mcp.after(tool, result)).toMatchObject(expected);
  });

  it.each([
    ['invalid structured content', { content: [], structuredContent: {} }, { refusal: { code: -32603 } }],
    ['none at all', { content: [] }, { refusal: { code: -32603 } }],
    ['none, of a failure', { content: [], isError: true }, { result: { isError: true } }],
    ['null', null, { refusal: { code: -32603 } }],
  ])('may be replaced by a body with %s, or not', async (_name, body, expected) => {
    const mcp = await enforcer(engine, { response: 'response' }, {}, schemas);
    engine.answer('response', { allow: true, body });
    expect(await mcp.after(tool, result)).toMatchObject(expected);
    if (body?.structuredContent !== undefined) {
      expect(await mcp.after(tool, listing)).toMatchObject(expected);
    }
  });

  it('that a policy has touched are private in the newer era, where they carry hints at all', async () => {
    const mcp = await enforcer(engine, { response: 'response' });
    const mask = (path: string) => ({
      allow: true,
      obligations: [{ type: 'mask', properties: { path } }],
    });
    const hints = { ttlMs: 0, cacheScope: 'private' };
    const read = call('resources/read', { uri: 'u' }, modern);
    const contents = { contents: [{ uri: 'u', text: 'x' }] };
    const given = { ...contents, ttlMs: 60_000, cacheScope: 'public', resultType: 'complete' };
    expect(await mcp.after(read, given)).toEqual({ result: given });
    engine.answer('response', mask('/contents/0/text'));
    const masked = { contents: [{ uri: 'u', text: '***' }], resultType: 'complete' };
    expect(await mcp.after(read, given)).toEqual({ result: { ...masked, ...hints } });
    expect(await mcp.after(read, contents)).toEqual({ result: { ...masked, ...hints } });
    expect(await mcp.after({ ...read, era: 'legacy' }, contents)).toEqual({
      result: { contents: masked.contents },
    });
    engine.answer('response', mask('/inputRequests/a'));
    const asking = { resultType: 'input_required', inputRequests: { a: {} } };
    expect(await mcp.after(read, asking)).toEqual({ result: { ...asking, inputRequests: { a: '***' } } });
    engine.answer('response', mask('/content/0/text'));
    expect(await mcp.after(call('tools/call', { name: 'x' }, modern), listing)).toEqual({
      result: { content: [{ type: 'text', text: '***' }], resultType: 'complete' },
    });
  });

  it.each([
    ['a denial', false],
    ['a failure', new OpaError('OPA_TIMEOUT', 'x')],
    ['no decision', 'yes'],
    ['a body of another shape', { allow: true, body: 'text' }],
    ['a step-up', { allow: true, obligations: [{ type: 'step-up' }] }],
  ])('pass in permissive mode, whatever is said: %s', async (_name, answer) => {
    const mcp = await enforcer(engine, { response: 'response' }, { mode: 'permissive' });
    engine.answer('response', answer);
    expect(await mcp.after(tool, result)).toEqual({ result });
  });

  it('of any shape pass where nobody asks, and in permissive mode', async () => {
    for (const mode of ['permissive', 'disabled'] as const) {
      const mcp = await enforcer(engine, { response: 'response' }, { mode });
      expect(await mcp.after(tool, 'text')).toEqual({ result: 'text' });
    }
    expect(engine.questions).toEqual([]);
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
    ["a task's handle with its result", { task: { taskId: 't' }, result: { content: [] } }],
    ["a task's handle with content of no shape", { taskId: 't', content: 'text' }],
    ['a task without an id', { task: {} }],
    ['input required with content of no shape', { resultType: 'input_required', content: ['text'] }],
  ])('of another shape are refused: %s', async (_name, given) => {
    const mcp = await enforcer(engine, { response: 'response' });
    expect(await mcp.after(tool, given)).toMatchObject({ refusal: { code: -32603 } });
    expect(engine.questions).toEqual([]);
  });

  it.each([
    ['a task handle', { task: { taskId: 't' } }],
    ["the newer era's task handle", { resultType: 'task', taskId: 't', status: 'working' }],
    ['structured content of any JSON', { content: [], structuredContent: [1] }],
    ['a failure', { content: [{ type: 'text', text: 'no' }], isError: true }],
    ['input required', { resultType: 'input_required', inputRequests: {} }],
  ])('of other known shapes are decided too: %s', async (_name, given) => {
    const mcp = await enforcer(engine, { response: 'response' });
    expect(await mcp.after(call('tools/call', { name: 'x' }, modern), given)).toEqual({ result: given });
    expect(engine.questions).toHaveLength(1);
  });
});

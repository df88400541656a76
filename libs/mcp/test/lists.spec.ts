import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { OpaError, OpaModule, OpaService } from 'nestjs-opa';
import { McpPolicyEnforcer } from '../src/policy/policy-enforcer.js';
import { OutputSchemas } from '../src/protocol/output-schemas.js';
import { TestEngine } from 'nestjs-opa/testing';
import { call, cleanUp, enforcer, modern, noObligations } from './support.js';

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
  ])('are filtered by %s, in one query', async (_name, decision, names) => {
    const mcp = await enforcer(engine, { list: 'list' });
    engine.answer('list', decision);
    const list = call('tools/list', {});
    expect(mcp.seesResult(list)).toBe(true);
    const outcome = await mcp.after(list, tools);
    expect(outcome).toMatchObject({ result: { tools: names.map((name) => ({ name })), nextCursor: 'n' } });
    const hidden = ['a', 'b', 'c'].filter((name) => !(names as string[]).includes(name));
    expect(outcome).toMatchObject(hidden.length === 0 ? {} : { hidden: { names: hidden } });
    expect(engine.questions).toMatchObject([{ policy: 'list', input: { items: tools.tools } }]);
  });

  it.each([[{ allow: true, reasons: [] }], ['all'], [[1]], [{ a: 'maybe' }], [null], [{ allow: null }]])(
    'are refused when the list policy returns %j, which names no items',
    async (decision) => {
      const mcp = await enforcer(engine, { list: 'list' });
      engine.answer('list', decision);
      expect(await mcp.after(call('tools/list', {}), tools)).toMatchObject({ refusal: { code: -32603 } });
    },
  );

  it.each([
    [['a'], { note: 'n', _meta: { a: 1 }, cacheScope: 'mine' }],
    [false, undefined],
  ])(
    'of a policy that returns %j: the further members of the page reach the policy, and pass unless all items are hidden',
    async (decision, rest) => {
      const mcp = await enforcer(engine, { list: 'list' });
      engine.answer('list', decision);
      const others = { note: 'n', _meta: { a: 1 }, cacheScope: 'mine' };
      const outcome = await mcp.after(call('tools/list', {}, modern), { ...tools, ...others, ttlMs: 1 });
      expect(engine.questions).toMatchObject([
        { input: { items: tools.tools, response: { result: others } } },
      ]);
      expect(outcome).toMatchObject({ result: { nextCursor: 'n', ttlMs: 0, cacheScope: 'private' } });
      expect((outcome as { result: { note?: unknown } }).result.note).toBe(rest?.note);
    },
  );

  it('that a policy has filtered are private in the modern era', async () => {
    const mcp = await enforcer(engine, { list: 'list' });
    const result = { tools: [], ttlMs: 60_000, cacheScope: 'public' };
    expect(await mcp.after(call('tools/list', {}, modern), result)).toEqual({
      result: { tools: [], ttlMs: 0, cacheScope: 'private' },
    });
  });

  it('name resources by uri, and templates by uriTemplate', async () => {
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

  it('hide an item whose name is not a text, and pass whole without a list policy', async () => {
    const odd = { tools: [{ name: 5 }, {}, { name: null }, { name: 'a' }] };
    const mcp = await enforcer(engine, { list: 'list' });
    engine.answer('list', ['5', 'undefined', 'null', '[object Object]', 'a']);
    expect(await mcp.after(call('tools/list'), odd)).toMatchObject({ result: { tools: [{ name: 'a' }] } });
    expect(await (await enforcer(engine)).after(call('tools/list'), odd)).toEqual({ result: odd });
  });

  it.each([
    ['permissive' as const, false],
    ['permissive' as const, new OpaError('OPA_UNREACHABLE', 'x')],
    ['permissive' as const, 'nonsense'],
    ['disabled' as const, false],
  ])('pass whole in mode %s', async (mode, decision) => {
    const mcp = await enforcer(engine, { list: 'list' }, { mode });
    engine.answer('list', decision);
    expect(await mcp.after(call('tools/list'), tools)).toEqual({ result: tools });
    expect(engine.questions).toHaveLength(mode === 'disabled' ? 0 : 1);
  });

  it('count as decisions, and permissive mode reports what would be hidden', async () => {
    const module = { module: class App {}, imports: [OpaModule.forRoot({ engine, mode: 'permissive' })] };
    const app = await NestFactory.createApplicationContext(module, { logger: false });
    const opa = app.get(OpaService);
    const mcp = new McpPolicyEnforcer(
      opa,
      { policy: 'request', list: 'list' },
      new OutputSchemas(),
      noObligations,
    );
    engine.answer('list', ['a']);
    await mcp.after(call('tools/list'), tools);
    expect([opa.stats().decisions.allow, opa.permissiveReport()]).toMatchObject([1, [{ policy: 'list' }]]);
    await app.close();
  });

  it.each([
    ['no object', 'text'],
    ['no list', { tools: {} }],
    ['an item that is no object', { tools: ['a'] }],
  ])('that are not lists of objects are refused: %s', async (_name, result) => {
    const mcp = await enforcer(engine, { list: 'list' });
    expect(await mcp.after(call('tools/list'), result)).toMatchObject({ refusal: { code: -32603 } });
    expect(engine.questions).toEqual([]);
  });

  it('refuse no list for a name that cannot become a text', async () => {
    const odd = { tools: [{ name: { toString: 1, valueOf: 1 } }, { name: 'a' }] };
    const mcp = await enforcer(engine, { list: 'list' });
    engine.answer('list', ['a']);
    expect(await mcp.after(call('tools/list'), odd)).toMatchObject({ result: { tools: [{ name: 'a' }] } });
  });

  it('log at most 200 characters of a name', async () => {
    const mcp = await enforcer(engine);
    const logger = { warn: jest.fn(), log: jest.fn(), error: jest.fn() };
    Logger.overrideLogger(logger);
    const name = 'x'.repeat(1 << 20);
    await mcp.after(call('tools/list'), { tools: [{ name, inputSchema: { 'x-authzen-mapping': {} } }] });
    Logger.overrideLogger(false);
    expect(logger.warn.mock.calls).toEqual([[expect.stringMatching(/^.{0,400}$/), 'OpaMcp']]);
  });

  it('log once that the mapping of a tool is ignored', async () => {
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

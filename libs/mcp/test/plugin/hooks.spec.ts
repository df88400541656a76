import { afterEach, describe, expect, it } from '@jest/globals';
import { TestEngine } from 'nestjs-opa/testing';
import { call, modern } from '../support.js';
import type { Keys } from './support.js';
import {
  applied,
  cleanUp,
  enforcer,
  prompt,
  promptEntry,
  read,
  resourceEntry,
  text,
  tool,
  toolEntry,
} from './support.js';

afterEach(cleanUp);

const ALL = [
  'allow_tool_pre_invoke',
  'allow_tool_post_invoke',
  'allow_prompt_pre_fetch',
  'allow_prompt_post_fetch',
  'allow_resource_pre_fetch',
  'allow_resource_post_fetch',
];
const everything = (extensions: Keys) => ({
  tools: [toolEntry(extensions)],
  prompts: [promptEntry(extensions)],
  resources: [resourceEntry('a://b', extensions)],
});
const allowing = () =>
  new TestEngine(Object.fromEntries(['allow', 'other', ...ALL].map((name) => [`p/${name}`, true])));

describe("the plugin's hooks", () => {
  it.each([
    ['tools/call', tool, { content: [] }, ALL.slice(0, 2)],
    ['prompts/get', prompt, { messages: [] }, ALL.slice(2, 4)],
    ['resources/read', read('a://b'), { contents: [] }, ALL.slice(4)],
  ])('of %s query their own rules', async (_method, by, result, rules) => {
    const engine = allowing();
    const mcp = await enforcer(applied(everything({ policy_endpoints: ALL })), engine);
    expect(await mcp.before(by)).toEqual({ permit: {} });
    expect(mcp.seesResult(by)).toBe(true);
    expect(await mcp.after(by, result)).toEqual({ result });
    expect(engine.questions.map(({ policy }) => policy)).toEqual(rules.map((rule) => `p/${rule}`));
  });

  it.each<[string, Keys, string, string]>([
    ['nothing named', {}, 'allow', 'allow'],
    ['an empty list', { policy_endpoints: [] }, 'allow', 'allow'],
    ['one rule', { policy_endpoint: 'other' }, 'other', 'other'],
    ['an empty list beside one rule', { policy_endpoints: [], policy_endpoint: 'other' }, 'other', 'other'],
    ['a list beside one rule', { policy_endpoints: ['allow'], policy_endpoint: 'other' }, 'allow', 'allow'],
    ['a list without the hook', { policy_endpoints: [ALL[0]] }, 'allow_tool_pre_invoke', 'allow'],
    ['a list with others', { policy_endpoints: ['other', 'allow'] }, 'allow', 'allow'],
    [
      'two names of a hook',
      { policy_endpoints: ['allow', 'allow_tool_post_invoke', 'other_tool_post_invoke'] },
      'allow',
      'allow_tool_post_invoke',
    ],
  ])('query, with %s: %s', async (_name, extensions, before, after) => {
    const engine = allowing();
    const mcp = await enforcer(applied(everything(extensions)), engine);
    await mcp.before(tool);
    await mcp.after(tool, text);
    expect(engine.questions.map(({ policy }) => policy)).toEqual([`p/${before}`, `p/${after}`]);
  });

  it('are not queried when the plugin does not list them', async () => {
    const engine = new TestEngine();
    const mcp = await enforcer(applied(everything({}), { hooks: ['prompt_post_fetch'] }), engine);
    expect(await mcp.before(tool)).toEqual({ permit: {} });
    expect(mcp.seesResult(tool)).toBe(false);
    expect(await mcp.after(tool, 'text')).toEqual({ result: 'text' });
    expect(await mcp.before(prompt)).toEqual({ permit: {} });
    expect(engine.questions).toEqual([]);
    expect(mcp.seesResult(prompt)).toBe(true);
    expect(await mcp.after(prompt, { messages: [] })).toMatchObject({ refusal: { code: -32001 } });
  });

  it.each([
    call('tools/call', { name: 'Search' }),
    call('tools/call', { name: 'search ' }),
    call('tools/call', { name: 'research' }),
    call('tools/call', { name: 'greet' }),
    call('prompts/get', { name: 'greetings' }),
    call('resources/read', { uri: 'a://c' }),
    call('initialize', {}),
    call('tools/list', {}),
    call('tasks/result', { taskId: 't' }),
    call('resources/subscribe', { uri: 'a://b' }),
    call('vendor/own', {}, modern),
    call('constructor', {}),
  ])('do not decide $request.method of $request.params', async (by) => {
    const engine = new TestEngine();
    const mcp = await enforcer(applied(everything({})), engine);
    expect(await mcp.before(by)).toEqual({ permit: {} });
    expect(mcp.seesResult(by)).toBe(false);
    expect(await mcp.after(by, 'any')).toEqual({ result: 'any' });
    expect(engine.questions).toEqual([]);
  });

  it.each([
    call('tools/call'),
    call('tools/call', { name: 1 }),
    call('tools/call', { name: 'other', arguments: [] }),
    call('prompts/get', { name: 'greet', arguments: null }),
  ])('do not decide invalid parameters: $request', async (by) => {
    const engine = new TestEngine();
    const mcp = await enforcer(applied(everything({})), engine);
    expect(await mcp.before(by)).toMatchObject({ refusal: { kind: 'invalid', code: -32602 } });
    expect(engine.questions).toEqual([]);
  });

  it('query no policy when the plugin is disabled', async () => {
    const engine = new TestEngine();
    const mcp = await enforcer(applied(everything({}), { mode: 'disabled' }), engine);
    expect(await mcp.before(tool)).toEqual({ permit: {} });
    expect(mcp.seesResult(tool)).toBe(false);
    expect(await mcp.before(call('resources/read', { uri: 'docs' }))).toEqual({ permit: {} });
    expect(await mcp.before(call('tools/call', { name: 1 }))).toMatchObject({ refusal: { code: -32602 } });
    expect(engine.questions).toEqual([]);
  });

  it('only report when the plugin is permissive', async () => {
    const engine = new TestEngine({ 'p/allow': false });
    const mcp = await enforcer(applied(everything({}), { mode: 'permissive' }), engine);
    expect(await mcp.before(tool)).toEqual({ permit: {} });
    expect(await mcp.after(tool, text)).toEqual({ result: text });
    expect(engine.questions).toHaveLength(2);
    engine.answer('p/allow', { allow: true, obligations: [{ type: 'notarize' }] });
    expect(await mcp.before(tool)).toEqual({ permit: {} });
  });

  it.each(['enforce', 'sequential', 'transform', undefined])('enforce in mode %s', async (mode) => {
    const engine = new TestEngine({ 'p/allow': false });
    const mcp = await enforcer(applied(everything({}), { ...(mode !== undefined && { mode }) }), engine);
    expect(await mcp.before(tool)).toMatchObject({ refusal: { kind: 'denied', code: -32001 } });
    expect(await mcp.after(tool, text)).toMatchObject({ refusal: { kind: 'denied', code: -32001 } });
  });
});

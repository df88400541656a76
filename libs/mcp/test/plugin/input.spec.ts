import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { McpCall } from '../../src/protocol/call.js';
import { TestEngine } from 'nestjs-opa/testing';
import { call, modern } from '../support.js';
import type { Keys } from './support.js';
import {
  applied,
  cleanUp,
  enforcer,
  lastInput,
  prompt,
  promptEntry,
  read,
  resourceEntry,
  text,
  tool,
  toolEntry,
} from './support.js';

let engine: TestEngine;
beforeEach(() => {
  engine = new TestEngine({ 'p/allow': true });
});
afterEach(cleanUp);

const everything = (extensions: Keys = {}, more: Keys = {}) => ({
  tools: [toolEntry(extensions, more)],
  prompts: [promptEntry(extensions)],
  resources: [resourceEntry('a://b', extensions)],
});

const payloadAfter = async (by: McpCall, result: unknown, extensions: Keys = {}): Promise<unknown> => {
  const mcp = await enforcer(applied(everything(extensions)), engine);
  expect(await mcp.after(by, result)).toEqual({ result });
  return (lastInput(engine) as { payload: unknown }).payload;
};

describe('the input before a call', () => {
  it.each([
    ['tool_pre_invoke', tool, { name: 'search', args: { q: 'x' } }],
    ['tool_pre_invoke', call('tools/call', { name: 'search' }), { name: 'search', args: {} }],
    ['prompt_pre_fetch', prompt, { prompt_id: 'greet', args: {} }],
    ['resource_pre_fetch', read('a://b'), { uri: 'a://b' }],
  ])('is the shape contextforge: %s', async (kind, by, payload) => {
    const mcp = await enforcer(applied(everything()), engine);
    await mcp.before(by);
    expect(lastInput(engine)).toEqual({
      kind,
      user: 'alice',
      request_ip: '127.0.0.1',
      headers: { host: 'x' },
      payload,
      context: {},
      mode: 'input',
    });
  });

  it('has the user anonymous without a token', async () => {
    const mcp = await enforcer(applied(everything()), engine);
    await mcp.before({ ...tool, caller: { audience: 'demo', headers: {} } });
    expect(lastInput(engine)).toMatchObject({ user: 'anonymous' });
  });
});

describe("the request's own policy context", () => {
  const withMeta = (meta: unknown) => call('tools/call', { name: 'search', _meta: meta });
  const keys = { git: { branch: 'main' }, none: null, secret: 1 };
  it.each([
    ['the keys that the entry names', { opa_policy_context: keys }, { git: { branch: 'main' }, none: null }],
    ['none when it is no object', { opa_policy_context: 'git' }, {}],
    ['none when there is none', { other: keys }, {}],
    ['none without _meta', undefined, {}],
  ])('gives %s', async (_name, meta, context) => {
    const paths = ['global.opa_policy_context.git', 'none', 'a.absent', 'a.constructor'];
    const mcp = await enforcer(applied(everything({}, { context: paths })), engine);
    await mcp.before(withMeta(meta));
    expect(lastInput(engine)).toMatchObject({ context });
    await mcp.after(withMeta(meta), text);
    expect((lastInput(engine) as { context: unknown }).context).toEqual(context);
  });

  it('is empty for an entry that names no keys', async () => {
    const mcp = await enforcer(applied(everything()), engine);
    await mcp.before(withMeta({ opa_policy_context: keys }));
    expect(lastInput(engine)).toMatchObject({ context: {} });
  });
});

describe('a mapped input', () => {
  it('holds only the mapped keys', async () => {
    const policy_input_data_map = {
      'payload.args.repo.path': 'repo_path',
      'payload.args.list.1': 'second',
      'payload.args.list.length': 'size',
      'payload.args.constructor': 'inherited',
      'context.git': 'git_context',
      'context.other': 'other',
      'headers.user-agent': 'agent',
      request_ip: 'ip',
      user: 'who',
      'no.such.path': 'absent',
    };
    const entry = everything({ policy_input_data_map }, { context: ['global.git'] });
    const mcp = await enforcer(applied(entry), engine);
    const args = { repo: { path: '/x' }, list: ['a', 'b'] };
    const meta = { opa_policy_context: { git: { branch: 'main' }, other: 1 } };
    await mcp.before(call('tools/call', { name: 'search', arguments: args, _meta: meta }));
    expect(lastInput(engine)).toEqual({
      repo_path: '/x',
      second: 'b',
      size: null,
      inherited: null,
      git_context: { branch: 'main' },
      other: null,
      agent: null,
      ip: '127.0.0.1',
      who: 'alice',
      absent: null,
    });
  });

  it('may hold parts of results', async () => {
    const policy_input_data_map = { 'payload.text': 'said', 'payload.args': 'args', mode: 'mode' };
    const mcp = await enforcer(applied(everything({ policy_input_data_map })), engine);
    await mcp.after(tool, text);
    expect(lastInput(engine)).toEqual({ said: ['found'], args: null, mode: 'output' });
  });
});

describe('the input after a call', () => {
  const image = { type: 'image', data: 'aGk=', mimeType: 'image/png' };
  const embedded = { type: 'resource', resource: { uri: 'a://c', text: 'inner' } };
  const audio = { type: 'audio', data: 'aGk=', mimeType: 'audio/wav' };
  const link = { type: 'resource_link', uri: 'a://c', name: 'c' };
  const plain = { type: 'text', text: 'said' };
  const noted = { ...plain, _meta: { secret: 1 } };

  it('has the shape and the name of the call', async () => {
    const mcp = await enforcer(applied(everything()), engine);
    await mcp.after(tool, text);
    expect(lastInput(engine)).toEqual({
      kind: 'tool_post_invoke',
      user: 'alice',
      request_ip: '127.0.0.1',
      headers: { host: 'x' },
      payload: { name: 'search', text: ['found'] },
      context: {},
      mode: 'output',
    });
  });

  it.each<[string, Keys, Keys]>([
    ['nothing', { content: [] }, { text: [] }],
    ['texts', { content: [plain, { type: 'text', text: '' }] }, { text: ['said', ''] }],
    ['an image', { content: [image] }, { text: [], image: [image] }],
    ['an embedded resource', { content: [embedded] }, { text: [], resource: [embedded] }],
    ['other kinds', { content: [plain, audio, link] }, { text: ['said'], other: [audio, link] }],
    [
      'a kind that nobody knows',
      { content: [{ type: 'new', x: 1 }] },
      { text: [], other: [{ type: 'new', x: 1 }] },
    ],
    [
      'a text item without text',
      { content: [{ type: 'text', x: 1 }] },
      { text: [], other: [{ type: 'text', x: 1 }] },
    ],
    ['more than a text in its item', { content: [noted] }, { text: ['said'], other: [noted] }],
    ['structured content', { content: [], structuredContent: { a: 1 } }, { text: [], structured: { a: 1 } }],
    [
      'what else it has',
      { content: [audio], _meta: { a: 1 }, description: 'd', x: null },
      { text: [], other: [audio, { _meta: { a: 1 }, description: 'd', x: null }] },
    ],
    [
      'an outcome of another type',
      { content: [], isError: 'x', resultType: {} },
      { text: [], other: [{ isError: 'x', resultType: {} }] },
    ],
    ['an error', { content: [plain], isError: true, resultType: 'complete' }, { text: ['said'] }],
    ['a strange type', { content: [], resultType: 'x' }, { text: [], other: [{ resultType: 'x' }] }],
    ['a task', { task: { taskId: 't' } }, { text: [], other: [{ task: { taskId: 't' } }] }],
    [
      'a task with content of no shape',
      { task: { taskId: 't' }, content: 'c' },
      { text: [], other: [{ task: { taskId: 't' }, content: 'c' }] },
    ],
  ])('of a tool shows %s', async (_name, result, payload) => {
    expect(await payloadAfter(tool, result)).toEqual({ name: 'search', ...payload });
  });

  it('of a tool holds the input requests of the server', async () => {
    const result = { resultType: 'input_required', inputRequests: { a: {} }, requestState: 's' };
    expect(await payloadAfter(call('tools/call', { name: 'search' }, modern), result)).toEqual({
      name: 'search',
      text: [],
      other: [{ inputRequests: { a: {} }, requestState: 's' }],
    });
  });

  const user = (content: unknown, more: Keys = {}) => ({ role: 'user', content, ...more });
  it.each<[string, Keys, Keys]>([
    ['texts', { messages: [user(plain), { role: 'assistant', content: plain }] }, { text: ['said', 'said'] }],
    ['other kinds', { messages: [user(image), user(audio)] }, { text: [], image: [image], other: [audio] }],
    ['several items of a message', { messages: [user([plain, image])] }, { text: ['said'], image: [image] }],
    ['a message of text alone', { messages: [user('t')] }, { text: [], other: [user('t')] }],
    [
      'a role that nobody knows',
      { messages: [{ role: 's3', content: plain }] },
      { text: ['said'], other: [{ role: 's3', content: plain }] },
    ],
    [
      'more than content',
      { messages: [user(plain, { x: 1 })] },
      { text: ['said'], other: [user(plain, { x: 1 })] },
    ],
    ['a description', { messages: [], description: 'd' }, { text: [], other: [{ description: 'd' }] }],
    [
      'structured content',
      { messages: [], structuredContent: {} },
      { text: [], other: [{ structuredContent: {} }] },
    ],
  ])('of a prompt shows %s', async (_name, result, payload) => {
    expect(await payloadAfter(prompt, result)).toEqual({ prompt_id: 'greet', ...payload });
  });

  const body = (more: Keys) => ({ uri: 'a://b', mimeType: 'text/plain', ...more });
  const asOther = (more: Keys): [Keys, Keys] => {
    const item = body({ text: 't', ...more });
    return [{ contents: [item] }, { text: ['t'], other: [item] }];
  };
  it.each<[string, Keys, Keys]>([
    ['texts', { contents: [body({ text: 't' }), body({ text: 'u' })] }, { text: ['t', 'u'] }],
    ['blobs', { contents: [body({ blob: 'aGk=' })] }, { text: [], resource: [body({ blob: 'aGk=' })] }],
    [
      'both',
      { contents: [body({ text: 't', blob: 'b' })] },
      { text: ['t'], resource: [body({ text: 't', blob: 'b' })] },
    ],
    ['profile', { contents: [body({ text: 't', mimeType: 'text/html;profile=mcp-app' })] }, { text: ['t'] }],
    ['a charset', { contents: [body({ text: 't', mimeType: 'text/html; charset=utf-8' })] }, { text: ['t'] }],
    ['no type', { contents: [body({ text: 't', mimeType: null })] }, { text: ['t'] }],
    ['a type that is no text', ...asOther({ mimeType: { a: 1 } })],
    ['a type that is none', ...asOther({ mimeType: 'what nobody has seen' })],
    ["a type of the server's own", ...asOther({ mimeType: 'text/anything' })],
    ["a charset of the server's own", ...asOther({ mimeType: 'text/plain; charset=anything' })],
    ['a type that says more', ...asOther({ mimeType: 'text/plain; note="more"' })],
    ['neither', { contents: [body({})] }, { text: [], other: [body({})] }],
    ['more than text', ...asOther({ _meta: {} })],
    ['another URI', ...asOther({ uri: 'a://c' })],
    ['caching hints', { contents: [], ttlMs: 5 }, { text: [], other: [{ ttlMs: 5 }] }],
  ])('of a resource shows %s', async (_name, result, payload) => {
    expect(await payloadAfter(read('a://b'), result)).toEqual({ uri: 'a://b', ...payload });
  });

  const all = { content: [plain, image, embedded, audio], structuredContent: { a: 1 } };
  const kinds = {
    text: ['said'],
    image: [image],
    resource: [embedded],
    other: [audio],
    structured: { a: 1 },
  };
  it.each([[['text']], [['image']], [['text', 'image', 'resource']], [[]]])(
    'shows every kind that no entry names, beside the modalities %j',
    async (policy_modality) => {
      expect(await payloadAfter(tool, all, { policy_modality })).toEqual({ name: 'search', ...kinds });
    },
  );

  it('holds the lists that the entry names, even empty lists', async () => {
    const policy_modality = ['image', 'resource'];
    expect(await payloadAfter(tool, { content: [] }, { policy_modality })).toEqual({
      name: 'search',
      image: [],
      resource: [],
    });
  });

  it('holds a kind of content only for the entry that names it', async () => {
    engine.answer('q/allow', true);
    const tools = [
      toolEntry({ policy_modality: ['text'] }),
      toolEntry({ policy: 'q', policy_modality: ['image', 'structured'] }),
    ];
    const mcp = await enforcer(applied({ tools }), engine);
    await mcp.after(tool, all);
    const { text: texts, image: images, resource, other, structured } = kinds;
    expect(engine.questions).toMatchObject([
      { policy: 'p/allow', input: { payload: { name: 'search', text: texts, resource, other } } },
      {
        policy: 'q/allow',
        input: { payload: { name: 'search', image: images, structured, resource, other } },
      },
    ]);
    expect(engine.questions[0]?.input).not.toHaveProperty('payload.image');
    expect(engine.questions[0]?.input).not.toHaveProperty('payload.structured');
    expect(engine.questions[1]?.input).not.toHaveProperty('payload.text');
  });
});

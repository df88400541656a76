import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import type { HttpResponse } from '../support/client.js';
import { call, modern, post, tool } from './support/mcp-gateway.js';
import type { McpGateway } from './support/mcp-gateway.js';
import {
  echoed,
  onPrompt,
  onResource,
  onTool,
  plugin,
  startPluginGateway,
} from './support/plugin-gateway.js';
import type { Keys } from './support/plugin-gateway.js';
import { event, reply, result, textResult, stream } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const POST = ['tool_post_invoke', 'prompt_post_fetch', 'resource_post_fetch'];
let mcp: McpGateway;
let port: number;
let alice: string;
let bob: string;
beforeAll(async () => {
  const decided = { policy_endpoint: 'decision' };
  const tools = [
    onTool('echo', 'echo'),
    onTool('images', 'echo', { policy_modality: ['image', 'resource'] }),
    onTool('shared', 'echo', { policy_modality: ['text'] }),
    onTool('shared', 'yes', { policy_modality: ['image', 'structured'] }),
    onTool('mapped', 'echo', { policy_input_data_map: { 'payload.text': 'said', 'payload.name': 'tool' } }),
    onTool('x', 'results', decided),
  ];
  const prompts = [onPrompt('echo', 'echo'), onPrompt('x', 'results', decided)];
  const resources = [onResource('demo://echo', 'echo'), onResource('demo://x', 'results', decided)];
  mcp = await startPluginGateway(cleanup, {
    files: [[plugin({ tools, prompts, resources }, { hooks: POST })]],
  });
  ({ port } = mcp.gateway);
  [alice, bob] = await Promise.all([mcp.issuer.sign({ sub: 'alice' }), mcp.issuer.sign({ sub: 'bob' })]);
});

const textOnly = (text: string) => ({ content: [{ type: 'text', text }] });
const FORMS = ['JSON', 'an event stream'] as const;
const give = (value: unknown, form: (typeof FORMS)[number] = 'JSON') => {
  mcp.upstream.respond = ({ message }, response) => {
    if (form === 'JSON') reply(response, result(message, value));
    else stream(response).end(event(result(message, value)));
  };
};
const errorIn = ({ text }: HttpResponse): unknown =>
  (JSON.parse(text.replace(/^data: /, '')) as { error?: unknown }).error;
const payloadOf = async (body: object, value: unknown): Promise<unknown> => {
  give(value);
  return (echoed(await post(port, body)).input as { payload: unknown }).payload;
};

describe.each(FORMS)('a result in %s', (form) => {
  const uri = 'demo://x/y';
  it.each<[string, string, Keys, (text: string) => Keys]>([
    ['a tool', 'tools/call', { name: 'x' }, textOnly],
    [
      'a prompt',
      'prompts/get',
      { name: 'x' },
      (text) => ({ messages: [{ role: 'user', content: { type: 'text', text } }] }),
    ],
    ['a resource', 'resources/read', { uri }, (text) => ({ contents: [{ uri, text }] })],
  ])('of %s is decided', async (_name, method, params, holding) => {
    for (const [text, code] of [
      ['fine', undefined],
      ['classified', -32001],
    ] as const) {
      give(holding(text), form);
      const responses = [await post(port, call(method, params))];
      const { headers = {}, body } = modern(method, params, String(params['name'] ?? params['uri']));
      responses.push(await post(port, body, { headers }));
      for (const response of responses) {
        expect([response.status, (errorIn(response) as { code?: number } | undefined)?.code]).toEqual([
          200,
          code,
        ]);
        if (code !== undefined) expect(response.text).not.toContain('"text"');
      }
    }
  });

  it.each<[string, unknown]>([
    ['a text', 'classified'],
    ['a list', ['classified']],
    ['null', null],
    ['false', false],
    ['nothing', {}],
    ['content of text', { content: 'classified' }],
    ['content of no items', { content: ['classified'] }],
    ['a list as structured content', { content: [], structuredContent: ['classified'] }],
  ])('that is %s does not pass', async (_name, value) => {
    give(value, form);
    const response = await post(port, tool('x'));
    expect(errorIn(response)).toMatchObject({ code: -32603 });
    expect(response.text).not.toContain('classified');
  });

  it('is masked, and private in the newer era', async () => {
    give({ ...textOnly('a password'), cacheScope: 'public', ttlMs: 60_000 }, form);
    const response = await post(port, tool('x'));
    expect(response.text).toContain('"text":"***"');
    const { headers = {}, body } = modern('tools/call', { name: 'x' }, 'x');
    const newer = await post(port, body, { headers });
    expect(newer.text).toContain('"text":"***"');
    expect(newer.text).toContain('"cacheScope":"private"');
  });

  it('that no entry decides passes unchanged', async () => {
    give('any', form);
    expect((await post(port, tool('free'))).text).toContain('"result":"any"');
  });
});

describe('the input after a call', () => {
  const text = { type: 'text', text: 'said' };
  const image = { type: 'image', data: 'aGk=', mimeType: 'image/png' };
  const audio = { type: 'audio', data: 'aGk=', mimeType: 'audio/wav' };
  const link = { type: 'resource_link', uri: 'a://b', name: 'b' };
  const embedded = { type: 'resource', resource: { uri: 'a://c', text: 'inner' } };
  const unknown = { type: 'new', x: 1 };
  const all = {
    content: [text, image, audio, unknown, embedded, link],
    structuredContent: { a: 1 },
    _meta: { b: 2 },
    extra: 3,
    isError: true,
  };
  const other = [audio, unknown, link, { _meta: { b: 2 }, extra: 3 }];

  it('has the shape of the original, names the tool, and shows every kind', async () => {
    give(all);
    const response = await post(port, tool('echo'), { token: alice });
    expect(echoed(response).input).toEqual({
      kind: 'tool_post_invoke',
      user: 'alice',
      request_ip: '127.0.0.1',
      headers: expect.objectContaining({ accept: expect.any(String) }),
      payload: {
        name: 'echo',
        text: ['said'],
        image: [image],
        resource: [embedded],
        other,
        structured: { a: 1 },
      },
      context: {},
      mode: 'output',
    });
  });

  it.each<[string, Keys, Keys]>([
    ['nothing', { content: [] }, { name: 'echo', text: [] }],
    ['an error of a tool', { content: [text], isError: true }, { name: 'echo', text: ['said'] }],
    [
      'an isError that is none',
      { content: [], isError: 'x' },
      { name: 'echo', text: [], other: [{ isError: 'x' }] },
    ],
    [
      'a text with more',
      { content: [{ ...text, annotations: { a: 1 } }] },
      {
        name: 'echo',
        text: ['said'],
        other: [{ ...text, annotations: { a: 1 } }],
      },
    ],
    [
      'structured content alone',
      { content: [], structuredContent: {} },
      { name: 'echo', text: [], structured: {} },
    ],
  ])('of a tool has %s', async (_name, value, payload) => {
    expect(await payloadOf(tool('echo'), value)).toEqual(payload);
  });

  it('has the kinds that an entry names, empty ones too, and those that none does', async () => {
    expect(await payloadOf(tool('images'), { content: [] })).toEqual({
      name: 'images',
      image: [],
      resource: [],
    });
    expect(await payloadOf(tool('images'), { content: [text, audio] })).toEqual({
      name: 'images',
      image: [],
      resource: [],
      text: ['said'],
      other: [audio],
    });
    expect(await payloadOf(tool('shared'), all)).toEqual({
      name: 'shared',
      text: ['said'],
      resource: [embedded],
      other,
    });
  });

  it('is the mapped keys alone, where an entry maps it', async () => {
    give(all);
    expect(echoed(await post(port, tool('mapped'))).input).toEqual({ said: ['said'], tool: 'mapped' });
  });

  it('of a prompt has its messages and its other members', async () => {
    const messages = [
      { role: 'user', content: text },
      { role: 'assistant', content: image },
    ];
    expect(await payloadOf(call('prompts/get', { name: 'echo' }), { messages, description: 'd' })).toEqual({
      prompt_id: 'echo',
      text: ['said'],
      image: [image],
      other: [{ description: 'd' }],
    });
  });

  it('of a resource has its texts and blobs', async () => {
    const uri = 'demo://echo/a';
    const blob = { uri, blob: 'aGk=', mimeType: 'image/png' };
    const contents = [{ uri, mimeType: 'text/plain', text: 'said' }, blob];
    expect(await payloadOf(call('resources/read', { uri }), { contents })).toEqual({
      uri,
      text: ['said'],
      resource: [blob],
    });
  });
});

it("an upstream's error passes", async () => {
  mcp.upstream.respond = ({ message }, response) =>
    reply(response, { jsonrpc: '2.0', id: message['id'], error: { code: -32000, message: 'own', data: 1 } });
  expect((await post(port, tool('x'))).json()).toMatchObject({
    error: { code: -32000, message: 'own', data: 1 },
  });
});

it('a result that arrives on a resumed stream is decided', async () => {
  mcp.upstream.respond = (_request, response) =>
    reply(response, result({ id: 0 }, {}), 200, { 'mcp-session-id': 'up-1' });
  const opened = await post(port, call('initialize', {}, 0), { token: alice });
  const headers = { 'mcp-session-id': String(opened.headers['mcp-session-id']) };
  mcp.upstream.respond = (_request, response) => stream(response).end('id: e1\ndata:\n\n');
  await post(port, tool('x', 3), { headers, token: alice });
  mcp.upstream.respond = (_request, response) =>
    stream(response).end(event(textResult({ id: 3 }, 'classified'), 'e2'));
  const more = { path: '/mcp/up', headers: { ...headers, 'last-event-id': 'e1' }, token: alice };
  expect((await send(port, more)).text).toMatch(/^id: e2\ndata: .*"id":3,"error":\{"code":-32001/);
});

describe('the results of tasks', () => {
  const handle = (taskId: string) => ({ task: { taskId, status: 'working' } });
  const taskRequest = (method: string, taskId: string, token: string) =>
    post(port, call(method, { taskId }), { token });
  beforeAll(async () => {
    give(handle('t1'));
    expect(errorIn(await post(port, tool('x'), { token: alice }))).toBeUndefined();
    give(handle('t2'));
    expect(errorIn(await post(port, tool('free'), { token: alice }))).toBeUndefined();
  });

  it.each(FORMS)("are decided as their calls', in %s", async (form) => {
    give(textOnly('classified'), form);
    expect(errorIn(await taskRequest('tasks/result', 't1', alice))).toMatchObject({ code: -32001 });
    expect(errorIn(await taskRequest('tasks/result', 't2', alice))).toBeUndefined();
    expect(errorIn(await taskRequest('tasks/result', 't3', alice))).toMatchObject({ code: -32602 });
    expect(errorIn(await taskRequest('tasks/result', 't1', bob))).toMatchObject({ code: -32602 });
    give({ taskId: 't1', status: 'completed', result: textOnly('a password') }, form);
    expect((await taskRequest('tasks/get', 't1', alice)).text).toContain('"text":"***"');
    give({ taskId: 't1', status: 'working' }, form);
    expect(errorIn(await taskRequest('tasks/get', 't1', alice))).toBeUndefined();
  });

  it('are removed from notifications when a policy denies them', async () => {
    const taskStatus = (taskId: string, more: Keys) => ({
      jsonrpc: '2.0',
      method: 'notifications/tasks',
      params: { taskId, ...more },
    });
    const sent = [
      taskStatus('t1', { result: textOnly('fine') }),
      taskStatus('t1', { result: textOnly('classified') }),
      taskStatus('t2', { result: textOnly('classified') }),
      taskStatus('t3', { result: textOnly('fine') }),
    ];
    mcp.upstream.respond = (_request, response) =>
      stream(response).end(sent.map((message) => event(message)).join(''));
    const { text } = await send(port, { path: '/mcp/up', token: alice });
    const visible = [sent[0], taskStatus('t1', {}), sent[2]];
    expect(text).toBe(visible.map((message) => event(message)).join(''));
  });
});

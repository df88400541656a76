import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import type { HttpResponse } from '../support/client.js';
import { call, HEADERS, modern, startMcpGateway, tool } from './support/mcp-gateway.js';
import type { McpGateway } from './support/mcp-gateway.js';
import { onTool, plugin, writePlugin } from './support/plugin-gateway.js';
import { event, reply, result, textResult, stream } from './support/scripted-server.js';
import type { Responder } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const WITHOUT = { policy: undefined, response: undefined, list: undefined };
const RELATED = 'io.modelcontextprotocol/related-task';

let mcp: McpGateway;
let port: number;
/** Tokens by subject; the anonymous one has none. */
const tokens: Record<string, string | undefined> = { anonymous: undefined };
beforeAll(async () => {
  const file = await writePlugin(cleanup, { plugins: [plugin({ tools: [onTool('y', 'no')] })] });
  const entries = [
    {},
    { name: 'bare', ...WITHOUT, policy: 'mcp/request' },
    { name: 'plugin', ...WITHOUT, plugin: file },
    { name: 'http', denial: 'http' },
  ];
  mcp = await startMcpGateway(cleanup, entries);
  port = mcp.gateway.port;
  for (const sub of ['alice', 'bob', 'null']) tokens[sub] = await mcp.issuer.sign({ sub });
});

type Sent = Parameters<typeof send>[1];
const LEGACY = (method: string, params: object): Omit<Sent, 'path'> => ({
  headers: HEADERS,
  body: JSON.stringify(call(method, params)),
});
const MODERN = (method: string, params: { name?: string; [key: string]: unknown }): Omit<Sent, 'path'> =>
  modern(method, params, params.name);
const ERAS = [
  ['2025-11-25', LEGACY, (taskId: string) => ({ task: { taskId, status: 'working' } })],
  ['2026-07-28', MODERN, (taskId: string) => ({ resultType: 'task', taskId, status: 'working' })],
] as const;

const sendAs = (subject: string, entry: string, sent: Omit<Sent, 'path'>): Promise<HttpResponse> => {
  const token = tokens[subject];
  return send(port, {
    path: `/mcp/${entry}`,
    method: 'POST',
    ...sent,
    ...(token !== undefined && { token }),
  });
};
const json =
  (value: unknown): Responder =>
  ({ message }, response) =>
    reply(response, result(message, value));
const FORMS: readonly (readonly [string, (value: unknown) => Responder])[] = [
  ['JSON', json],
  [
    'a stream',
    (value) =>
      ({ message }, response) =>
        stream(response).end(event(result(message, value))),
  ],
];
const messageIn = ({ text }: HttpResponse): unknown => JSON.parse(text.replace(/^data: /, '')) as unknown;
const UNKNOWN = {
  jsonrpc: '2.0',
  id: 1,
  error: { code: -32602, message: 'Failed to retrieve task: Task not found' },
};

describe.each(ERAS)('a task of %s', (era, request, handle) => {
  const methods = era === '2025-11-25' ? ['get', 'result', 'cancel'] : ['get', 'update', 'cancel'];

  describe.each(['up', 'bare', 'plugin', 'http'])('on the entry "%s"', (entry) => {
    it.each(FORMS)("is its subject's alone, begun in %s", async (form, respond) => {
      const taskId = `t-${entry}-${form}`;
      mcp.upstream.respond = respond(handle(taskId));
      expect(messageIn(await sendAs('alice', entry, request('tools/call', { name: 'x' })))).toMatchObject({
        result: handle(taskId),
      });
      const before = mcp.upstream.requests.length;
      for (const method of methods) {
        const sent = (id: unknown) => request(`tasks/${method}`, { taskId: id, inputResponses: {} });
        for (const other of ['bob', 'anonymous', 'null']) {
          const refused = await sendAs(other, entry, sent(taskId));
          expect([refused.status, refused.json()]).toEqual([200, UNKNOWN]);
        }
        for (const id of ['nobody', `${taskId} `, taskId.toUpperCase()]) {
          expect((await sendAs('alice', entry, sent(id))).json()).toEqual(UNKNOWN);
        }
        for (const id of [undefined, 7, [taskId], null]) {
          expect((await sendAs('alice', entry, sent(id))).json()).toMatchObject({ error: { code: -32602 } });
        }
      }
      expect(mcp.upstream.requests).toHaveLength(before);
      mcp.upstream.respond = respond({ content: [] });
      for (const method of methods) {
        const params = { taskId, inputResponses: {} };
        const owned = await sendAs('alice', entry, request(`tasks/${method}`, params));
        expect(messageIn(owned)).toMatchObject({ id: 1, result: { content: [] } });
      }
      expect(mcp.upstream.requests).toHaveLength(before + methods.length);
    });
  });

  it('is refused as unknown when a request only refers to it', async () => {
    mcp.upstream.respond = json(handle('related'));
    await sendAs('alice', 'up', request('tools/call', { name: 'x' }));
    const before = mcp.upstream.requests.length;
    const metas = [{ taskId: 'related' }, { taskId: 7 }, 'related', null];
    for (const related of metas) {
      const { _meta = {} } = (JSON.parse(String(request('x', {}).body)) as { params: { _meta?: object } })
        .params;
      const params = { name: 'x', _meta: { ..._meta, [RELATED]: related } };
      const sent = { ...request('tools/call', {}), body: JSON.stringify(call('tools/call', params)) };
      const headers = { ...sent.headers, ...(era === '2026-07-28' && { 'mcp-name': 'x' }) };
      expect((await sendAs('bob', 'up', { ...sent, headers })).json()).toEqual(UNKNOWN);
    }
    expect(mcp.upstream.requests).toHaveLength(before);
  });

  it('of an anonymous subject is that of all anonymous ones, and of no token', async () => {
    mcp.upstream.respond = json(handle('anon'));
    await sendAs('anonymous', 'up', request('tools/call', { name: 'x' }));
    expect((await sendAs('null', 'up', request('tasks/get', { taskId: 'anon' }))).json()).toEqual(UNKNOWN);
    mcp.upstream.respond = json({ taskId: 'anon' });
    expect((await sendAs('anonymous', 'up', request('tasks/get', { taskId: 'anon' }))).json()).toMatchObject({
      result: { taskId: 'anon' },
    });
  });

  it("is not another entry's", async () => {
    mcp.upstream.respond = json(handle('here'));
    await sendAs('alice', 'up', request('tools/call', { name: 'x' }));
    expect((await sendAs('alice', 'bare', request('tasks/get', { taskId: 'here' }))).json()).toEqual(UNKNOWN);
  });

  it('is begun by no result that only looks like a handle, and none of a task', async () => {
    const looks = [
      { content: [], taskId: 'looks' },
      { structuredContent: { task: { taskId: 'looks' } }, content: [] },
    ];
    for (const value of looks) {
      mcp.upstream.respond = json(value);
      await sendAs('bob', 'bare', request('tools/call', { name: 'x' }));
    }
    expect((await sendAs('bob', 'bare', request('tasks/get', { taskId: 'looks' }))).json()).toEqual(UNKNOWN);
  });
});

describe('tasks/list', () => {
  const tasks = ['a1', 'b1', 'a2', 'strange'].map((taskId) => ({ taskId, status: 'working' }));
  beforeAll(async () => {
    for (const entry of ['up', 'bare', 'plugin']) {
      for (const [subject, taskId] of [
        ['alice', 'a1'],
        ['alice', 'a2'],
        ['bob', 'b1'],
      ] as const) {
        mcp.upstream.respond = json({ task: { taskId } });
        await sendAs(subject, entry, LEGACY('tools/call', { name: 'x' }));
      }
    }
  });

  it.each(
    ['up', 'bare', 'plugin'].flatMap((entry) =>
      FORMS.map(([form, respond]) => [entry, form, respond] as const),
    ),
  )('a list shows only the tasks of the subject: %s, %s', async (entry, _form, respond) => {
    mcp.upstream.respond = respond({ tasks: [...tasks, 'a1', null], nextCursor: 'n', _meta: { a: 1 } });
    for (const [subject, taskIds] of [
      ['alice', ['a1', 'a2']],
      ['bob', ['b1']],
      ['anonymous', []],
    ] as const) {
      const list = messageIn(await sendAs(subject, entry, LEGACY('tasks/list', { cursor: 'c' })));
      expect(list).toMatchObject({ result: { nextCursor: 'n', _meta: { a: 1 } } });
      expect(
        (list as { result: { tasks: { taskId: string }[] } }).result.tasks.map(({ taskId }) => taskId),
      ).toEqual(taskIds);
    }
    expect(mcp.upstream.requests.at(-1)?.message['params']).toEqual({ cursor: 'c' });
    for (const invalid of [{}, { tasks: 'a1' }, []]) {
      mcp.upstream.respond = respond(invalid);
      expect(messageIn(await sendAs('alice', entry, LEGACY('tasks/list', {})))).toMatchObject({
        error: { code: -32603 },
      });
    }
  });
});

describe('a message of the server about a task', () => {
  const status = (taskId: unknown, method = 'notifications/tasks/status') => ({
    jsonrpc: '2.0',
    method,
    params: { taskId, status: 'working' },
  });
  const related = (method: string, taskId: unknown, more: object = {}) => ({
    jsonrpc: '2.0',
    ...more,
    method,
    params: { _meta: { [RELATED]: { taskId } } },
  });
  const beginTask = async (subject: string, taskId: string): Promise<void> => {
    mcp.upstream.respond = json({ task: { taskId } });
    await sendAs(subject, 'up', LEGACY('tools/call', { name: 'x' }));
  };
  const received = async (subject: string, text: string): Promise<string> => {
    mcp.upstream.respond = (_request, response) => stream(response).end(text);
    const token = tokens[subject];
    return (await send(port, { path: '/mcp/up', ...(token !== undefined && { token }) })).text;
  };

  it('reaches its subject alone on a stream that every subject may open', async () => {
    await beginTask('alice', 's1');
    const aliceMessages = [
      status('s1'),
      status('s1', 'notifications/tasks'),
      related('notifications/progress', 's1'),
      related('elicitation/create', 's1', { id: 'e1' }),
    ];
    const others = [
      status('nobody'),
      status(undefined),
      status('s1 '),
      related('notifications/message', 'nobody'),
      related('sampling/createMessage', 's2', { id: 'e2' }),
    ];
    const all = [...aliceMessages, ...others].map((message) => event(message)).join('');
    expect(await received('alice', all)).toBe(aliceMessages.map((message) => event(message)).join(''));
    for (const other of ['bob', 'anonymous', 'null']) expect(await received(other, all)).toBe('');
    expect(await received('bob', event(status('s1'), '7'))).toBe('id: 7\ndata:\n\n');
  });

  it("does not reach another subject's subscription in 2026-07-28", async () => {
    await beginTask('alice', 's3');
    const listen = (taskIds: unknown) => MODERN('subscriptions/listen', { notifications: { taskIds } });
    const before = mcp.upstream.requests.length;
    for (const taskIds of [['s3'], 's3', ['b', 's3'], { 0: 's3' }, [['s3']], null]) {
      expect((await sendAs('bob', 'up', listen(taskIds))).json()).toEqual(UNKNOWN);
    }
    expect(mcp.upstream.requests).toHaveLength(before);
    const statusEvent = event(status('s3', 'notifications/tasks'));
    mcp.upstream.respond = ({ message }, response) =>
      stream(response).end(statusEvent + event(result(message, {})));
    expect((await sendAs('alice', 'up', listen(['s3']))).text.startsWith(statusEvent)).toBe(true);
    expect((await sendAs('bob', 'up', listen([]))).text).not.toContain('s3');
  });

  it('accepts responses from its subject alone', async () => {
    await beginTask('alice', 's4');
    await received('alice', event(related('elicitation/create', 's4', { id: 'e4' })));
    mcp.upstream.respond = (_request, response) => response.writeHead(202).end();
    const before = mcp.upstream.requests.length;
    const messages = [
      { jsonrpc: '2.0', id: 'e4', result: { action: 'accept' } },
      { jsonrpc: '2.0', id: 'e4', error: { code: -1, message: 'no' } },
      { jsonrpc: '2.0', id: 'free', result: { action: 'accept', _meta: { [RELATED]: { taskId: 's4' } } } },
      status('s4'),
      related('notifications/progress', 's4'),
    ].map((message) => ({ headers: HEADERS, body: JSON.stringify(message) }));
    for (const sent of messages) {
      for (const other of ['bob', 'anonymous'])
        expect(await sendAs(other, 'up', sent)).toMatchObject({ status: 400 });
    }
    expect(mcp.upstream.requests).toHaveLength(before);
    for (const sent of messages) expect(await sendAs('alice', 'up', sent)).toMatchObject({ status: 202 });
    const _meta = { [RELATED]: { taskId: 'of the client' } };
    const note = { jsonrpc: '2.0', id: 'free', result: { _meta } };
    expect(await sendAs('bob', 'up', { headers: HEADERS, body: JSON.stringify(note) })).toMatchObject({
      status: 202,
    });
  });
});

it("a task that is begun on a resumed stream is its subject's too", async () => {
  const token = tokens['alice'] ?? '';
  mcp.upstream.respond = (_request, response) => stream(response).end('id: r1\ndata:\n\n');
  await sendAs('alice', 'up', { headers: HEADERS, body: JSON.stringify(tool('x', 'r')) });
  mcp.upstream.respond = (_request, response) =>
    stream(response).end(event(result({ id: 'r' }, { task: { taskId: 'r1' } })));
  await send(port, { path: '/mcp/up', headers: { 'last-event-id': 'r1' }, token });
  mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'fine'));
  expect((await sendAs('alice', 'up', LEGACY('tasks/result', { taskId: 'r1' }))).text).toContain('fine');
  expect((await sendAs('bob', 'up', LEGACY('tasks/result', { taskId: 'r1' }))).json()).toEqual(UNKNOWN);
});

it('a policy that denies a request about a task does so before', async () => {
  const denied = await sendAs('bob', 'up', LEGACY('tasks/get', { taskId: 'secret' }));
  expect(denied.json()).toMatchObject({ error: { code: -32001 } });
});

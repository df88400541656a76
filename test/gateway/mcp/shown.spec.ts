import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import type { HttpResponse } from '../support/client.js';
import { call, modern, post, startMcpGateway } from './support/mcp-gateway.js';
import type { McpGateway } from './support/mcp-gateway.js';
import { onTool, plugin, startPluginGateway } from './support/plugin-gateway.js';
import { event, reply, result, stream } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

/** Both deny what holds the word `classified`. */
const started = new Map<string, McpGateway>();
beforeAll(async () => {
  started.set('policies', await startMcpGateway(cleanup));
  const tools = [onTool('x', 'results')];
  started.set('plugins', await startPluginGateway(cleanup, { files: [[plugin({ tools })]] }));
});

const TEXT = { content: [{ type: 'text', text: 'fine' }] };

describe.each(['policies', 'plugins'])('decided by %s, nothing leaves that is not shown', (mode) => {
  const gatewayOf = (): McpGateway => {
    const runningGateway = started.get(mode);
    if (runningGateway === undefined) throw new Error(`nothing is started: ${mode}`);
    return runningGateway;
  };
  const sendModern = (method: string, params: object, value: unknown): Promise<HttpResponse> => {
    const { gateway, upstream } = gatewayOf();
    upstream.respond = ({ message }, response) => reply(response, result(message, value));
    return post(gateway.port, call(method, params));
  };

  it.each([
    ['a type of result', { ...TEXT, resultType: 'classified' }],
    ['a failure', { ...TEXT, isError: 'classified' }],
    ['a description', { ...TEXT, description: 'classified' }],
    ['its _meta', { ...TEXT, _meta: { note: 'classified' } }],
    ['a caching hint', { ...TEXT, cacheScope: 'classified', ttlMs: 'classified' }],
    ['what the server still wants', { resultType: 'input_required', inputRequests: { a: 'classified' } }],
    ['its state', { resultType: 'input_required', requestState: 'classified' }],
    ['the handle of a task', { task: { taskId: 't', status: 'working', statusMessage: 'classified' } }],
    ['structured content', { ...TEXT, structuredContent: { a: 'classified' } }],
  ])('of a tool: %s', async (_name, value) => {
    const response = await sendModern('tools/call', { name: 'x', arguments: {} }, value);
    expect(response.text).toMatch(/"error":\{"code":-3(2001|2603)/);
  });

  it('of a tool in the newer era: a type of result', async () => {
    const { gateway, upstream } = gatewayOf();
    const value = { ...TEXT, resultType: 'classified' };
    upstream.respond = ({ message }, response) => reply(response, result(message, value));
    const sent = modern('tools/call', { name: 'x', arguments: {} }, 'x');
    const response = await send(gateway.port, { path: '/mcp/up', method: 'POST', ...sent });
    expect(response.json()).toMatchObject({ error: { code: -32001 } });
  });

  describe('of a task', () => {
    const plain = { taskId: 'known', status: 'working', createdAt: '2026-11-30T10:00:00Z', ttl: null };
    const secret = { ...plain, statusMessage: 'classified' };
    beforeAll(async () => {
      const { task } = (
        (await sendModern('tools/call', { name: 'x', arguments: {} }, { task: plain })).json() as {
          result: { task: unknown };
        }
      ).result;
      expect(task).toEqual(plain);
    });

    it.each([
      ['what the protocol has', plain, plain],
      ['a message that is fine', { ...plain, statusMessage: 'm' }, { ...plain, statusMessage: 'm' }],
      ['a message', secret, undefined],
      ['a status of no task', { ...plain, status: 'classified' }, undefined],
      ['a time that is none', { ...plain, createdAt: 'classified' }, undefined],
      ['a question', { ...plain, inputRequests: { a: 'classified' } }, undefined],
      ['an error', { ...plain, status: 'failed', error: { message: 'classified' } }, undefined],
      ['a result', { ...plain, status: 'completed', result: { ...TEXT, note: 'classified' } }, undefined],
      ['another task', { ...plain, taskId: 'classified' }, undefined],
    ])('in tasks/get: %s', async (_name, value, expected) => {
      const response = await sendModern('tasks/get', { taskId: 'known' }, value);
      if (expected === undefined) expect(response.text).toMatch(/"error":\{"code":-32(001|603)/);
      else expect(response.json()).toMatchObject({ result: expected });
      expect(response.text.replace(/"error".*/, '')).not.toContain('classified');
    });

    it('in tasks/list, with the members that the protocol defines', async () => {
      const response = await sendModern(
        'tasks/list',
        {},
        { tasks: [secret, { ...plain, statusMessage: 'm' }] },
      );
      expect(response.json()).toMatchObject({ result: { tasks: [plain, { ...plain, statusMessage: 'm' }] } });
      expect(response.text).not.toContain('classified');
    });

    it.each([
      [secret, plain],
      [
        { ...plain, statusMessage: 'm' },
        { ...plain, statusMessage: 'm' },
      ],
      [
        { ...plain, statusMessage: 'm', result: { ...TEXT, note: 'classified' } },
        { ...plain, statusMessage: 'm' },
      ],
    ])('in a notification: %j', async (params, expected) => {
      const { gateway, upstream } = gatewayOf();
      const statusEvent = event({ jsonrpc: '2.0', method: 'notifications/tasks/status', params });
      upstream.respond = ({ message }, response) =>
        stream(response).end(statusEvent + event(result(message, TEXT)));
      const response = await post(gateway.port, call('tools/call', { name: 'x', arguments: {} }));
      const [first = ''] = response.text.split('\n');
      expect(JSON.parse(first.replace('data: ', ''))).toMatchObject({ params: expected });
      expect(response.text).not.toContain('classified');
    });
  });
});

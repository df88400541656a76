import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { call, post, tool } from './support/mcp-gateway.js';
import type { McpGateway } from './support/mcp-gateway.js';
import { echoed, onTool, plugin, startPluginGateway, writePlugin } from './support/plugin-gateway.js';
import { startGateway } from '../support/gateway-process.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { reply, textResult } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let mcp: McpGateway;
let gateway: GatewayProcess;
beforeAll(async () => {
  mcp = await startPluginGateway(cleanup, { files: [[plugin({})]] });
  mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'found'));
  const url = `${mcp.upstream.url}/mcp`;
  const shape = 'contextforge';
  const tools = [onTool('x', 'echo'), onTool('pay', 'pay')];
  const entries = [
    { name: 'before', url, shape, policy: 'echo/allow' },
    { name: 'after', url, shape, policy: 'yes/allow', response: 'echo/allow' },
    { name: 'plugin', url, plugin: await writePlugin(cleanup, { plugins: [plugin({ tools })] }) },
  ];
  const opa = { url: mcp.opa.url, input: { headers: ['X-Tenant'] } };
  gateway = cleanup.add(await startGateway({ opa, mcp: entries }), ({ end }) => end());
});

const policyInput = async (name: string, body: object): Promise<unknown> => {
  const headers = { 'x-tenant': 't', 'x-other': 'o', cookie: 'c' };
  return echoed(await post(gateway.port, body, { path: `/mcp/${name}`, headers })).input;
};

describe("the original plugin's shape without its file", () => {
  const common = {
    user: 'anonymous',
    request_ip: '127.0.0.1',
    headers: {
      host: expect.any(String),
      accept: expect.any(String),
      'content-type': 'application/json',
      'x-tenant': 't',
    },
    context: {},
    mode: 'input',
  };
  it.each<[string, object, string, object]>([
    ['tools/call', { name: 'x', arguments: { a: 1 } }, 'tool_pre_invoke', { name: 'x', args: { a: 1 } }],
    ['prompts/get', { name: 'x' }, 'prompt_pre_fetch', { prompt_id: 'x', args: {} }],
    ['resources/read', { uri: 'a://b' }, 'resource_pre_fetch', { uri: 'a://b' }],
    ['tools/list', { cursor: 'c' }, 'tools/list', { cursor: 'c' }],
    ['resources/subscribe', { uri: 'a://b' }, 'resources/subscribe', { uri: 'a://b' }],
    ['logging/setLevel', { level: 'info' }, 'logging/setLevel', { level: 'info' }],
  ])('is the input of %s', async (method, params, kind, payload) => {
    expect(await policyInput('before', call(method, params))).toEqual({ ...common, kind, payload });
  });

  it('is the same after a call, beside its result', async () => {
    expect(await policyInput('after', tool('x'))).toEqual({
      ...common,
      kind: 'tool_pre_invoke',
      payload: { name: 'x', args: { q: 'x' } },
      response: { result: { content: [{ type: 'text', text: 'found' }] } },
    });
  });

  it("has the further headers with the plugin's file too", async () => {
    expect(await policyInput('plugin', tool('x'))).toEqual({
      ...common,
      kind: 'tool_pre_invoke',
      payload: { name: 'x', args: { q: 'x' } },
    });
  });
});

it("a step-up of a plugin's policy is a challenge", async () => {
  const response = await post(gateway.port, tool('pay'), { path: '/mcp/plugin' });
  expect([response.status, response.headers['www-authenticate']]).toEqual([
    403,
    expect.stringContaining('error="insufficient_scope", scope="pay:write"'),
  ]);
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { call, HEADERS, modern, post } from './support/mcp-gateway.js';
import type { McpGateway } from './support/mcp-gateway.js';
import {
  echoed,
  onPrompt,
  onResource,
  onTool,
  plugin,
  startPluginGateway,
} from './support/plugin-gateway.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const PRE = ['tool_pre_invoke', 'prompt_pre_fetch', 'resource_pre_fetch'];
let mcp: McpGateway;
let port: number;
beforeAll(async () => {
  const tools = [
    onTool('echo', 'echo'),
    onTool('context', 'echo', {}, { context: ['global.opa_policy_context.git_context', 'absent'] }),
    onTool(
      'mapped',
      'echo',
      {
        policy_input_data_map: {
          'payload.args.repo_path': 'repo_path',
          'context.git_context': 'git',
          'headers.host': 'host',
          'headers.authorization': 'stolen',
          'payload.args.absent': 'absent',
        },
      },
      { context: ['global.opa_policy_context.git_context'] },
    ),
    onTool('listed', 'echo', {
      policy_endpoints: ['first_tool_pre_invoke', 'other_tool_pre_invoke', 'allow'],
    }),
    onTool('unlisted', 'echo', { policy_endpoints: ['other_tool_post_invoke'] }),
    onTool('single', 'echo', { policy_endpoint: 'other' }),
    onTool('undefined', 'yes', { policy_endpoint: 'nothing' }),
    onTool('answers', 'answers'),
    onTool('both', 'yes'),
    onTool('both', 'no'),
  ];
  const prompts = [onPrompt('echo', 'echo')];
  const resources = [
    onResource('demo://docs/secret', 'echo'),
    onResource('https://example.com/private', 'no'),
    onResource('https://example.com', 'yes'),
  ];
  mcp = await startPluginGateway(cleanup, {
    files: [[plugin({ tools, prompts, resources }, { hooks: PRE })]],
  });
  ({ port } = mcp.gateway);
});

const callTool = (name: string, args?: object, more: object = {}): object =>
  call('tools/call', { name, ...(args && { arguments: args }), ...more });
const passes = async (body: unknown): Promise<boolean> => {
  const before = mcp.upstream.requests.length;
  const message = (await post(port, body)).json();
  expect(message).toHaveProperty('id', 1);
  return mcp.upstream.requests.length > before;
};

describe('the input', () => {
  const policyHeaders = {
    host: expect.any(String),
    accept: HEADERS.accept,
    'content-type': HEADERS['content-type'],
  };
  it.each<[string, object, string, object]>([
    ['a tool', callTool('echo', { a: [1] }), 'tool_pre_invoke', { name: 'echo', args: { a: [1] } }],
    ['a tool without arguments', callTool('echo'), 'tool_pre_invoke', { name: 'echo', args: {} }],
    [
      'a prompt',
      call('prompts/get', { name: 'echo', arguments: { a: 'b' } }),
      'prompt_pre_fetch',
      {
        prompt_id: 'echo',
        args: { a: 'b' },
      },
    ],
    [
      'a prompt without arguments',
      call('prompts/get', { name: 'echo' }),
      'prompt_pre_fetch',
      {
        prompt_id: 'echo',
        args: {},
      },
    ],
    [
      'a resource',
      call('resources/read', { uri: 'DEMO://docs/%73ecret/x' }),
      'resource_pre_fetch',
      {
        uri: 'DEMO://docs/%73ecret/x',
      },
    ],
  ])(
    'of %s is what the original sends, with the real user, address and headers',
    async (_name, body, kind, payload) => {
      const token = await mcp.issuer.sign({ sub: 'alice' });
      const response = await post(port, body, { token, headers: { 'x-api-key': 'k', cookie: 'c' } });
      expect(response).toMatchObject({ status: 200 });
      expect(response.json()).toMatchObject({ id: 1, error: { code: -32001 } });
      expect(echoed(response).input).toEqual({
        kind,
        user: 'alice',
        request_ip: '127.0.0.1',
        headers: policyHeaders,
        payload,
        context: {},
        mode: 'input',
      });
    },
  );

  it('is the same in the newer era', async () => {
    const { headers = {}, body } = modern('tools/call', { name: 'echo', arguments: { a: 1 } }, 'echo');
    const { input } = echoed(await post(port, body, { headers }));
    expect(input).toMatchObject({
      user: 'anonymous',
      payload: { name: 'echo', args: { a: 1 } },
      mode: 'input',
    });
  });

  it("has of the request's own policy context the keys that the entry names", async () => {
    const _meta = { opa_policy_context: { git_context: { branch: 'main' }, secret: 1 } };
    expect(echoed(await post(port, callTool('context', {}, { _meta }))).input).toMatchObject({
      context: { git_context: { branch: 'main' } },
    });
    expect(echoed(await post(port, callTool('context', {}))).input).toHaveProperty('context', {});
    expect(echoed(await post(port, callTool('echo', {}, { _meta }))).input).toHaveProperty('context', {});
  });

  it('is the mapped keys alone, where an entry maps it', async () => {
    const _meta = { opa_policy_context: { git_context: { branch: 'main' } } };
    const token = await mcp.issuer.sign({ sub: 'alice' });
    const response = await post(port, callTool('mapped', { repo_path: '/x', other: 1 }, { _meta }), {
      token,
    });
    expect(echoed(response).input).toEqual({
      repo_path: '/x',
      git: { branch: 'main' },
      host: expect.any(String),
      stolen: null,
      absent: null,
    });
  });
});

describe('the rule', () => {
  it.each([
    ['listed', 'first_tool_pre_invoke'],
    ['unlisted', 'allow'],
    ['single', 'other'],
    ['echo', 'allow'],
  ])('of the entry %s is %s', async (name, rule) => {
    expect(echoed(await post(port, callTool(name))).rule).toBe(rule);
  });

  it.each([
    ['null', -32603],
    ['list', -32603],
    ['text', -32603],
    ['object', -32603],
    ['empty', -32603],
    ['none', -32001],
  ])('that returns %s allows nothing', async (form, code) => {
    const before = mcp.upstream.requests.length;
    expect((await post(port, callTool('answers', { form }))).json()).toMatchObject({
      id: 1,
      error: { code },
    });
    expect(mcp.upstream.requests).toHaveLength(before);
  });

  it('that is undefined denies', async () => {
    expect((await post(port, callTool('undefined'))).json()).toMatchObject({ error: { code: -32001 } });
  });
});

describe('what is decided', () => {
  it.each(['echo', 'both'])('%s by every entry that matches', async (name) => {
    expect(await passes(callTool(name))).toBe(false);
  });

  it.each(['Echo', 'echo ', ' echo', 'ech', 'echo2', 'xecho', 'echo\0', 'ECHO', 'écho', 'echо'])(
    'not %j, which no entry lists',
    async (name) => {
      expect(await passes(callTool(name))).toBe(true);
      expect(await passes(call('prompts/get', { name }))).toBe(true);
    },
  );

  it.each([
    'https://example.com/private',
    'https://example.com/private/a',
    'https://example.com/private?a',
    'https://example.com/private#a',
    'HTTPS://EXAMPLE.COM:443/./open/../%70rivate',
    'https://u:p@example.com/private',
    'https://%65xample.com/privat%65',
    'https://example.com/open/%2e%2E/private',
  ])('the resource %s by all that cover it', async (uri) => {
    expect(await passes(call('resources/read', { uri }))).toBe(false);
  });

  it.each([
    'https://example.com/privateer',
    'https://example.com/Private',
    'https://example.com/private/../open',
    'https://example.com:8443/private',
    'http://example.com/private',
    'https://example.com.evil/private',
    'demo://docs',
    'demo://docs/secrets',
    'other://any/thi\\ng at all é',
  ])('not the resource %s, which is not denied', async (uri) => {
    expect(await passes(call('resources/read', { uri }))).toBe(true);
  });

  it.each([
    [{ uri: 'docs' }],
    [{ uri: '/docs' }],
    [{ uri: '//example.com/private' }],
    [{ uri: 'https:example.com/private' }],
    [{ uri: 'https:/example.com/private' }],
    [{ uri: 'https:///example.com/private' }],
    [{ uri: 'https://[x/' }],
    [{ uri: 'https:\\\\example.com\\private' }],
    [{ uri: 'https://example.com\\private' }],
    [{ uri: 'https://example.com/ private' }],
    [{ uri: 'https://example.com/\tprivate' }],
    [{ uri: 'https://example.com/\u0000' }],
    [{ uri: 'https://ex\u00e4mple.com/' }],
    [{ uri: 'https://example.com/privat\u0435' }],
    [{ uri: 'https://\uff45xample.com/private' }],
    [{ uri: 'demo://docs/secret\n' }],
    [{ uri: 5 }],
    [{}],
  ])('not %j, which is refused', async (params) => {
    const before = mcp.upstream.requests.length;
    const response = await post(port, call('resources/read', params));
    expect(response.json()).toMatchObject({ id: 1, error: { code: -32602 } });
    expect(mcp.upstream.requests).toHaveLength(before);
  });

  it.each([
    ['tools/call', { name: 5 }],
    ['tools/call', {}],
    ['tools/call', { name: 'free', arguments: [] }],
    ['tools/call', { name: 'free', arguments: null }],
    ['prompts/get', { name: ['echo'] }],
    ['prompts/get', { name: 'free', arguments: 'a' }],
  ])('not %s of %j, which is refused', async (method, params) => {
    expect((await post(port, call(method, params))).json()).toMatchObject({ error: { code: -32602 } });
  });

  it.each([
    'tools/list',
    'prompts/list',
    'resources/templates/list',
    'logging/setLevel',
    'ping',
    'vendor/own',
  ])('not %s, which passes as it came', async (method) => {
    const body = JSON.stringify(call(method, { name: 'echo', uri: 'demo://docs/secret' }));
    expect(await passes(`${body} `)).toBe(true);
    expect(mcp.upstream.requests.at(-1)?.text).toBe(`${body} `);
  });

  it.each(['resources/subscribe', 'completion/complete', 'server/discover', 'vendor/own', 'initialize'])(
    'not %s in the newer era, which passes too',
    async (method) => {
      const before = mcp.upstream.requests.length;
      const { headers = {}, body } = modern(method, { uri: 'demo://docs/secret' });
      expect(await post(port, body, { headers })).toMatchObject({ status: 200 });
      expect(mcp.upstream.requests).toHaveLength(before + 1);
    },
  );
});

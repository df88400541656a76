import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { OpaModule, OpaService } from 'nestjs-opa';
import { NestFactory } from '@nestjs/core';
import { TestEngine } from 'nestjs-opa/testing';
import { METHODS } from '../src/protocol/methods/table.js';
import type { McpMethod } from '../src/protocol/methods/method.js';

const ROWS: Readonly<Record<string, McpMethod>> = {
  'widgets/list': {
    eras: ['modern'],
    resource: { type: 'mcp_server' },
    list: { items: 'widgets', name: 'code', declares: { method: 'widgets/render', by: 'schema' } },
    cacheable: true,
  },
  'widgets/render': {
    eras: ['modern'],
    resource: { type: 'widget', parameter: 'code' },
    context: { color: 'color' },
    result: 'content',
    nameHeader: 'required',
    tasks: 'one',
    contextforge: {
      target: 'tool',
      before: 'tool_pre_fetch',
      after: 'tool_post_fetch',
      idKey: 'widget',
      hasArgs: true,
    },
  },
};

jest.unstable_mockModule('../src/protocol/methods/table.js', () => ({
  LIST_TOOLS: 'tools/list',
  OPENING_METHODS: { legacy: 'initialize', modern: 'server/discover' },
  METHODS: { ...METHODS, ...ROWS },
}));
// Imported after the mock: these modules read the table.
const { call, modern, noObligations } = await import('./support.js');
const { McpPolicyEnforcer } = await import('../src/policy/policy-enforcer.js');
const { OutputSchemas } = await import('../src/protocol/output-schemas.js');
const { parsePlugin } = await import('../src/contextforge/load.js');
const { PluginEnforcer } = await import('../src/contextforge/plugin-enforcer.js');
const { DeclaredNames } = await import('../src/protocol/declared-names.js');
const { assertMirrored } = await import('../src/protocol/mirrored-headers.js');
const { tasksOf } = await import('../src/session/task-references.js');

const render = call('widgets/render', { code: 'w1', color: 'red', arguments: { size: 1 } }, modern);
const list = call('widgets/list', {}, modern);
const text = { content: [{ type: 'text', text: 'a widget' }], resultType: 'complete' };
const widgets = [
  { code: 'w1', inputSchema: { type: 'object', properties: { size: {} } } },
  { code: 'w2', inputSchema: { type: 'object' } },
];

let engine: TestEngine;
beforeEach(() => {
  engine = new TestEngine({ request: true, response: true, list: ['w1'], 'p/allow': true });
});

async function withOpa<T>(use: (opa: OpaService) => Promise<T>): Promise<T> {
  const module = { module: class App {}, imports: [OpaModule.forRoot({ engine })] };
  const app = await NestFactory.createApplicationContext(module, { logger: false });
  try {
    return await use(app.get(OpaService));
  } finally {
    await app.close();
  }
}

const withPolicies = <T>(use: (mcp: InstanceType<typeof McpPolicyEnforcer>) => Promise<T>): Promise<T> =>
  withOpa((opa) => {
    const policies = { policy: 'request', response: 'response', list: 'list' };
    return use(new McpPolicyEnforcer(opa, policies, new OutputSchemas(), noObligations));
  });

describe('a method whose only trace is a row of the table', () => {
  it('is decided by its resource, in the era that has the method', async () => {
    await withPolicies(async (mcp) => {
      expect(await mcp.before(render)).toEqual({ permit: {} });
      expect(engine.questions).toMatchObject([
        { input: { resource: { type: 'widget', id: 'w1' }, context: { color: 'red' } } },
      ]);
      expect(await mcp.before({ ...render, era: 'legacy' })).toMatchObject({ refusal: { code: -32601 } });
      const nameless = call('widgets/render', {}, modern);
      expect(await mcp.before(nameless)).toMatchObject({
        refusal: { code: -32602, message: 'Invalid params: params.code is not a text' },
      });
    });
  });

  it('has its results checked and decided', async () => {
    await withPolicies(async (mcp) => {
      expect(mcp.seesResult(render)).toBe(true);
      expect(await mcp.after(render, text)).toEqual({ result: text });
      expect(engine.questions).toMatchObject([{ policy: 'response', input: { response: { result: text } } }]);
      expect(await mcp.after(render, { content: 'text' })).toMatchObject({ refusal: { code: -32603 } });
    });
  });

  it('has a filtered list, with private caching hints', async () => {
    await withPolicies(async (mcp) => {
      expect(await mcp.after(list, { widgets })).toEqual({
        result: { widgets: [widgets[0]], ttlMs: 0, cacheScope: 'private' },
        hidden: { names: ['w2'] },
      });
    });
  });

  it('must repeat its resource in a header', () => {
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'widgets/render' };
    expect(() => assertMirrored(render.request, headers)).toThrow('Mcp-Name is missing');
    expect(assertMirrored(render.request, { ...headers, 'mcp-name': 'w1' })).toContain('mcp-name');
  });

  it('may refer to tasks', () => {
    const request = { ...render.request, params: { code: 'w1', taskId: 't' } };
    expect(tasksOf(request)).toEqual(['t']);
  });

  it('has the spelling of its arguments checked by its list', () => {
    const names = new DeclaredNames();
    names.learn('widgets/list', { widgets });
    expect(names.declaredBy(render.request)).toEqual(new Set(['size']));
    const misspelled = { ...render.request, params: { code: 'w1', arguments: { Size: 1 } } };
    expect(() => names.assertSpelled(misspelled)).toThrow('"size"');
  });

  it("is decided by a plugin's file, by its own hooks", async () => {
    const kind = 'opapluginfilter.plugin.OPAPluginFilter';
    const extensions = { policy: 'p', policy_endpoints: ['allow', 'at_tool_post_fetch'] };
    const plugins = [{ name: 'opa', kind, applied_to: { tools: [{ tool_name: 'w1', extensions }] } }];
    const file = parsePlugin(JSON.stringify({ plugins }), 'plugin.yaml');
    engine.answer('p/at_tool_post_fetch', false);
    await withOpa(async (opa) => {
      const deciding = file.plugins.map((plugin) => ({ plugin, opa }));
      const mcp = new PluginEnforcer(deciding, new OutputSchemas(), noObligations);
      expect(await mcp.before(render)).toEqual({ permit: {} });
      expect(engine.questions).toMatchObject([
        {
          policy: 'p/allow',
          input: { kind: 'tool_pre_fetch', payload: { widget: 'w1', args: { size: 1 } } },
        },
      ]);
      expect(await mcp.after(render, text)).toMatchObject({ refusal: { kind: 'denied' } });
    });
  });
});

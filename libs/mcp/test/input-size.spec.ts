import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { OpaModuleOptions } from 'nestjs-opa';
import type { McpEnforcer } from '../src/policy/enforcer.js';
import { TestEngine } from 'nestjs-opa/testing';
import { applied, cleanUp as cleanUpPlugins, enforcerOf, toolEntry } from './plugin/support.js';
import { call, cleanUp, enforcer, modern } from './support.js';

let engine: TestEngine;
beforeEach(() => {
  engine = new TestEngine({ request: true, response: true, list: true, 'p/allow': true });
});
afterEach(cleanUp);
afterAll(cleanUpPlugins);

const policies = { response: 'response', list: 'list' };
const ENFORCERS: [string, (options: OpaModuleOptions) => Promise<McpEnforcer>][] = [
  ['policies', (options) => enforcer(engine, policies, options)],
  ['a plugin', (options) => enforcerOf(applied({ tools: [toolEntry()] }), { engine, ...options })],
];

const params = { name: 'search', arguments: { q: 'x'.repeat(1_000) } };
const result = { content: [{ type: 'text', text: 's3cret'.repeat(1_000) }] };

describe.each(ENFORCERS)('an MCP server decided by %s', (_name, createEnforcer) => {
  it.each(['legacy', 'modern'] as const)(
    'refuses inputs and results beyond the size limits: %s',
    async (era) => {
      const tool = call('tools/call', params, era === 'modern' ? modern : {});
      const limitsInput = await createEnforcer({ input: { maxBytes: 1_000 }, onUnavailable: 'allow' });
      expect(await limitsInput.before(tool)).toMatchObject({
        refusal: { kind: 'failed', code: -32602, status: 413 },
      });
      const limitsResults = await createEnforcer({
        input: { maxBytes: 10, maxResponseBytes: 5_000 },
        onUnavailable: 'allow',
      });
      const refused = await limitsResults.after(tool, result);
      expect(refused).toMatchObject({ refusal: { code: -32603, status: 500 } });
      expect(JSON.stringify(refused)).not.toContain('s3cret');
      expect(engine.questions).toEqual([]);
    },
  );

  it('refuses a result that cannot be serialized, and does not blame the request', async () => {
    const structuredContent = JSON.parse(`${'{"a":'.repeat(100_000)}0${'}'.repeat(100_000)}`) as object;
    const refused = await (
      await createEnforcer({})
    ).after(call('tools/call', params), { ...result, structuredContent });
    expect(refused).toMatchObject({ refusal: { code: -32603, status: 500 } });
    expect(engine.questions).toEqual([]);
  });
});

describe('a list', () => {
  it('beyond the size limit of results is refused', async () => {
    const mcp = await enforcer(engine, policies, { input: { maxResponseBytes: 1_000 } });
    const tools = { tools: [{ name: 'search', description: 'x'.repeat(1_000) }] };
    expect(await mcp.after(call('tools/list', {}), tools)).toMatchObject({ refusal: { code: -32603 } });
    expect(engine.questions).toEqual([]);
  });
});

import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TestEngine } from 'nestjs-opa/testing';
import { answered, mcpNest, startMcp, stopMcp } from './drivers/mcp.js';
import { testContext } from './suite.js';

afterAll(stopMcp);

describe(`a context: ${mcpNest.name}`, () => {
  testContext(mcpNest);
});

describe('prompts and resources of @rekog/mcp-nest', () => {
  let engine: TestEngine;
  let mcp: Awaited<ReturnType<typeof startMcp>>;

  beforeEach(async () => {
    engine = new TestEngine({ 'prompts/get': true, 'resources/read': true, 'resources/view': true });
    mcp = await startMcp({ engine });
  });
  afterEach(() => mcp.close());

  it('are decided with their method and name', async () => {
    await mcp.client.getPrompt({ name: 'greet' });
    await mcp.client.readResource({ uri: 'mem://notes' });
    expect(engine.questions.slice(0, 2).map(({ input }) => input)).toMatchObject([
      { action: { name: 'prompts/get' }, resource: { type: 'prompt', id: 'greet' } },
      { action: { name: 'resources/read' }, resource: { type: 'resource', id: 'mem://notes' } },
    ]);
  });

  it('are refused with the JSON-RPC code and the reasons', async () => {
    engine.answer('prompts/get', { allow: false, reasons: ['no prompts'] });
    expect(await answered(mcp.client.getPrompt({ name: 'greet' }))).toMatchObject({
      error: { code: -32001, reasons: ['no prompts'] },
    });
  });

  it('are masked', async () => {
    engine.answer('resources/view', {
      allow: true,
      obligations: [{ type: 'mask', properties: { path: '/contents/*/text' } }],
    });
    expect(await mcp.client.readResource({ uri: 'mem://notes' })).toMatchObject({
      contents: [{ uri: 'mem://notes', text: '***' }],
    });
  });
});

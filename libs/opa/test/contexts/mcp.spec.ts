import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OpaError } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { answered, mcpNest, startMcp, stopMcp } from './drivers/mcp.js';
import { testRateLimit } from './rate-limit.js';
import { testContext } from './suite.js';

interface Asked {
  readonly subject: { readonly meetings: number };
}

afterAll(stopMcp);

describe(`a context: ${mcpNest.name}`, () => {
  testContext(mcpNest);
});

describe(`a rate limit on a context: ${mcpNest.name}`, () => testRateLimit(mcpNest));

it('evaluates a second query when the subject has changed in place between two guards', async () => {
  const engine = new TestEngine({ 'orders/remove': ({ subject }: Asked) => subject.meetings === 1 });
  const { client, close } = await startMcp({ engine }, undefined, 'counts');
  const result = await answered(client.callTool({ name: 'remove', arguments: { id: '7' } }));
  expect(result).toMatchObject({ error: { code: -32001 } });
  expect(engine.questions.map(({ input }) => (input as Asked).subject.meetings)).toEqual([1, 2]);
  await close();
});

it.each(['enforce', 'permissive'] as const)(
  'returns the exception that is thrown while the input is built: %s',
  async (mode) => {
    const engine = new TestEngine({ 'orders/remove': true });
    const called: string[] = [];
    const { client, close } = await startMcp({ engine, mode }, (name) => called.push(name), 'missing');
    const result = await answered(client.callTool({ name: 'remove', arguments: { id: '7' } }));
    await close();
    // What @rekog/mcp-nest makes of any guard's HttpException.
    const content = [{ type: 'text', text: 'Internal server error' }];
    expect(result).toMatchObject({ result: { isError: true, content } });
    expect([called, engine.questions]).toEqual([[], []]);
  },
);

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

  it.each([
    ['denied', { allow: false, reasons: ['no'] }, { code: -32001, reasons: ['no'] }],
    ['undefined', undefined, { code: -32001 }],
    ['undecided', new OpaError('OPA_TIMEOUT', 's3cret'), { code: -32603 }],
    ['of a bad input', new OpaError('OPA_BAD_INPUT', 's3cret'), { code: -32602 }],
  ])('fail with the JSON-RPC code and the reasons: %s', async (_name, answer, error) => {
    engine.answer('prompts/get', answer).answer('resources/read', answer);
    for (const request of [
      mcp.client.getPrompt({ name: 'greet' }),
      mcp.client.readResource({ uri: 'mem://notes' }),
    ]) {
      const result = await answered(request);
      expect(result).toMatchObject({ error });
      expect(JSON.stringify(result)).not.toContain('s3cret');
    }
  });

  it('are listed by the audit, as tools are', async () => {
    const routes = (await mcp.routes()).filter(({ kind }) => kind === 'mcp');
    expect(routes.map(({ route, status }) => `${route}: ${status}`)).toEqual([
      'prompt greet: guarded',
      'resource notes: guarded',
      'tool read: guarded',
      'tool remove: guarded',
      'tool open: public',
      'tool unnamed: refused',
      'tool shadow: guarded',
    ]);
    expect(await mcp.routes()).toHaveLength(routes.length);
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

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { OpaError } from 'nestjs-opa';
import { OutputSchemas } from '../src/protocol/output-schemas.js';
import { TestEngine } from 'nestjs-opa/testing';
import { call, cleanUp, enforcer, modern, tool } from './support.js';

let engine: TestEngine;
beforeEach(() => {
  engine = new TestEngine({ request: true, response: true, list: true });
});
afterEach(cleanUp);

describe('results', () => {
  const result = {
    content: [{ type: 'text', text: 'ann@example.com' }],
    structuredContent: { email: 'ann' },
  };
  const listing = { content: [{ type: 'text', text: 'ok' }] };
  const schemas = new OutputSchemas(() =>
    Promise.resolve([
      {
        name: 'search',
        outputSchema: { type: 'object', properties: { email: { type: 'string' } }, required: ['email'] },
      },
    ]),
  );

  it('pass without a response policy, and are decided with one', async () => {
    expect((await enforcer(engine)).seesResult(tool)).toBe(false);
    const mcp = await enforcer(engine, { response: 'response' });
    expect(mcp.seesResult(tool)).toBe(true);
    expect(await mcp.after(tool, result)).toEqual({ result });
    expect(engine.questions).toMatchObject([
      { policy: 'response', input: { resource: { type: 'tool', id: 'search' }, response: { result } } },
    ]);
  });

  it('are masked, and their structured content stays valid', async () => {
    const mcp = await enforcer(engine, { response: 'response' }, {}, schemas);
    const mask = (...paths: string[]) => ({
      allow: true,
      obligations: [{ type: 'mask', properties: { paths } }],
    });
    engine.answer('response', mask('/content/*/text', '/structuredContent/email'));
    expect(await mcp.after(tool, result)).toEqual({
      result: { content: [{ type: 'text', text: '***' }], structuredContent: { email: '***' } },
    });
    const remove = [{ type: 'remove', properties: { path: '/structuredContent/email' } }];
    engine.answer('response', { allow: true, obligations: remove });
    expect(await mcp.after(tool, result)).toMatchObject({ refusal: { code: -32603 } });
  });

  it.each([
    ['a text of six characters elsewhere', ['/content/0/text'], { text: 'secret', copy: 'secret' }, false],
    ['a text of five characters elsewhere', ['/content/0/text'], { text: 'short', copy: 'short' }, true],
    [
      'a text that is masked in both places',
      ['/content/0/text', '/copy'],
      { text: 'secret', copy: 'secret' },
      true,
    ],
    ['a text in a masked object', ['/content'], { text: 'secret', copy: ['secret'] }, false],
    [
      'a text in every masked item',
      ['/content/*/text'],
      { text: 'secret', copy: { deep: ['secret'] } },
      false,
    ],
    ['a number', ['/content/0/size'], { text: 'secret', size: 1234567, copy: 1234567 }, true],
  ])('are masked, with %s', async (_name, paths, { copy, ...item }, passes) => {
    const mcp = await enforcer(engine, { response: 'response' });
    const masked = (properties: object) => ({ allow: true, obligations: [{ type: 'mask', properties }] });
    const original = { content: [{ type: 'text', ...item }], copy };
    // A masked list has the wrong shape. The mask keeps the shape here, so that only a copy is refused.
    const value = paths.includes('/content') ? { value: [] } : {};
    engine.answer('response', masked({ paths, ...value }));
    const decided = await mcp.after(tool, original);
    expect('result' in decided).toBe(passes);
    engine.answer('response', { ...masked({ paths, ...value }), body: original });
    expect('result' in (await mcp.after(tool, { content: [] }))).toBe(passes);
  });

  it('are refused when a policy changes the structured content of an unknown tool', async () => {
    const mcp = await enforcer(engine, { response: 'response' });
    engine.answer('response', {
      allow: true,
      obligations: [{ type: 'mask', properties: { path: '/content' } }],
    });
    expect(await mcp.after(tool, result)).toMatchObject({ refusal: { code: -32603 } });
  });

  it('pass with unchecked structured content when no policy has changed it', async () => {
    const mcp = await enforcer(engine, { response: 'response' });
    const path = '/content/0/text';
    engine.answer('response', { allow: true, obligations: [{ type: 'mask', properties: { path } }] });
    expect(await mcp.after(tool, result)).toEqual({
      result: { ...result, content: [{ type: 'text', text: '***' }] },
    });
  });

  it.each([
    ['the other dialect that servers use', 'http://json-schema.org/draft-07/schema#', { result: {} }],
    ['an unknown dialect', 'https://example.com/schema', { refusal: { code: -32603 } }],
  ])('are checked against a schema of %s', async (_name, $schema, expected) => {
    const outputSchema = { $schema, type: 'object', properties: { email: { type: 'string' } } };
    const ownSchemas = new OutputSchemas(() => Promise.resolve([{ name: 'search', outputSchema }]));
    const mcp = await enforcer(engine, { response: 'response' }, {}, ownSchemas);
    const mask = { type: 'mask', properties: { path: '/structuredContent/email' } };
    engine.answer('response', { allow: true, obligations: [mask] });
    expect(await mcp.after(tool, result)).toMatchObject(expected);
  });

  it.each([
    ['invalid structured content', { content: [], structuredContent: {} }, { refusal: { code: -32603 } }],
    ['none at all', { content: [] }, { refusal: { code: -32603 } }],
    ['none, of a failure', { content: [], isError: true }, { result: { isError: true } }],
    ['null', null, { refusal: { code: -32603 } }],
  ])('replaced by a body with %s are checked', async (_name, body, expected) => {
    const mcp = await enforcer(engine, { response: 'response' }, {}, schemas);
    engine.answer('response', { allow: true, body });
    expect(await mcp.after(tool, result)).toMatchObject(expected);
  });

  it.each([
    ['OPA_BAD_DECISION: The policy "response" changed a result', result, { allow: true, body: null }],
    ["OPA_BAD_ANSWER: The MCP server's result", { content: 'text' }, true],
  ])(
    'without a valid shape are logged with the party to blame: %s',
    async (message, serverResult, decision) => {
      const error = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
      const mcp = await enforcer(engine, { response: 'response' });
      engine.answer('response', decision);
      expect(await mcp.after(tool, serverResult)).toMatchObject({ refusal: { code: -32603 } });
      expect(error.mock.calls).toEqual([[expect.stringContaining(message)]]);
      error.mockRestore();
    },
  );

  it('are refused when a policy makes the structured content invalid', async () => {
    const mcp = await enforcer(engine, { response: 'response' }, {}, schemas);
    engine.answer('response', { allow: true, body: { content: [], structuredContent: {} } });
    expect(await mcp.after(tool, listing)).toMatchObject({ refusal: { code: -32603 } });
  });

  it('that a policy has changed are private in the modern era, if their method has caching hints', async () => {
    const mcp = await enforcer(engine, { response: 'response' });
    const mask = (path: string) => ({
      allow: true,
      obligations: [{ type: 'mask', properties: { path } }],
    });
    const hints = { ttlMs: 0, cacheScope: 'private' };
    const read = call('resources/read', { uri: 'u' }, modern);
    const contents = { contents: [{ uri: 'u', text: 'x' }] };
    const serverResult = { ...contents, ttlMs: 60_000, cacheScope: 'public', resultType: 'complete' };
    expect(await mcp.after(read, serverResult)).toEqual({ result: serverResult });
    engine.answer('response', mask('/contents/0/text'));
    const masked = { contents: [{ uri: 'u', text: '***' }], resultType: 'complete' };
    expect(await mcp.after(read, serverResult)).toEqual({ result: { ...masked, ...hints } });
    expect(await mcp.after(read, contents)).toEqual({ result: { ...masked, ...hints } });
    expect(await mcp.after({ ...read, era: 'legacy' }, contents)).toEqual({
      result: { contents: masked.contents },
    });
    engine.answer('response', mask('/inputRequests/a'));
    const inputRequired = { resultType: 'input_required', inputRequests: { a: {} } };
    expect(await mcp.after(read, inputRequired)).toEqual({
      result: { ...inputRequired, inputRequests: { a: '***' } },
    });
    engine.answer('response', mask('/content/0/text'));
    expect(await mcp.after(call('tools/call', { name: 'x' }, modern), listing)).toEqual({
      result: { content: [{ type: 'text', text: '***' }], resultType: 'complete' },
    });
  });

  it.each([
    ['a denial', false],
    ['a failure', new OpaError('OPA_TIMEOUT', 'x')],
    ['no decision', 'yes'],
    ['a body of another shape', { allow: true, body: 'text' }],
    ['a step-up', { allow: true, obligations: [{ type: 'step-up' }] }],
  ])('pass in permissive mode, whatever the decision: %s', async (_name, decision) => {
    const mcp = await enforcer(engine, { response: 'response' }, { mode: 'permissive' });
    engine.answer('response', decision);
    expect(await mcp.after(tool, result)).toEqual({ result });
  });

  it('of any shape pass in permissive and disabled mode', async () => {
    for (const mode of ['permissive', 'disabled'] as const) {
      const mcp = await enforcer(engine, { response: 'response' }, { mode });
      expect(await mcp.after(tool, 'text')).toEqual({ result: 'text' });
    }
    expect(engine.questions).toEqual([]);
  });

  it("are replaced by the policy's body, if it has MCP's shape", async () => {
    const mcp = await enforcer(engine, { response: 'response' });
    engine.answer('response', { allow: true, body: { content: [] } });
    expect(await mcp.after(tool, listing)).toEqual({ result: { content: [] } });
    engine.answer('response', { allow: true, body: 'text' });
    expect(await mcp.after(tool, listing)).toMatchObject({ refusal: { code: -32603 } });
  });

  it.each([
    ['denied', { allow: false, reasons: ['secret'] }, -32001],
    ['undefined', undefined, -32001],
    ['allowed under an unknown obligation', { allow: true, obligations: [{ type: 'notarize' }] }, -32001],
    ['no decision', 'yes', -32603],
  ])('do not reach the client when they are %s', async (_name, decision, code) => {
    const mcp = await enforcer(engine, { response: 'response' });
    engine.answer('response', decision);
    const outcome = await mcp.after(tool, result);
    expect(outcome).toMatchObject({ refusal: { code } });
    expect(JSON.stringify(outcome)).not.toContain('ann');
  });

  it.each([
    ['no object', 'text'],
    ['no content', {}],
    ['content that is no list', { content: {} }],
    ['an item that is no object', { content: ['x'] }],
    ['an item without a type', { content: [{}] }],
    ['structured content that is no object', { content: [], structuredContent: 1 }],
    ["a task's handle with its result", { task: { taskId: 't' }, result: { content: [] } }],
    ['a task without an id', { task: {} }],
  ])('without a valid shape are refused: %s', async (_name, serverResult) => {
    const mcp = await enforcer(engine, { response: 'response' });
    expect(await mcp.after(tool, serverResult)).toMatchObject({ refusal: { code: -32603 } });
    expect(engine.questions).toEqual([]);
  });

  it.each([
    ['a task handle', { task: { taskId: 't' } }],
    ["the newer era's task handle", { resultType: 'task', taskId: 't', status: 'working' }],
    ['structured content of any JSON', { content: [], structuredContent: [1] }],
    ['a failure', { content: [{ type: 'text', text: 'no' }], isError: true }],
    ['input required', { resultType: 'input_required', inputRequests: {} }],
  ])('of every valid shape are decided: %s', async (_name, serverResult) => {
    const mcp = await enforcer(engine, { response: 'response' });
    expect(await mcp.after(call('tools/call', { name: 'x' }, modern), serverResult)).toEqual({
      result: serverResult,
    });
    expect(engine.questions).toHaveLength(1);
  });
});

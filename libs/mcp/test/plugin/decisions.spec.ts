import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { OpaError } from 'nestjs-opa';
import { OutputSchemas } from '../../src/protocol/output-schemas.js';
import { parsePlugin } from '../../src/contextforge/load.js';
import { PluginEnforcer } from '../../src/contextforge/plugin-enforcer.js';
import { TestEngine } from 'nestjs-opa/testing';
import { call, modern, noObligations } from '../support.js';
import {
  applied,
  cleanUp,
  enforcer,
  enforcerOf,
  kind,
  read,
  resourceEntry,
  text,
  tool,
  toolEntry,
} from './support.js';

let engine: TestEngine;
beforeEach(() => {
  engine = new TestEngine({ 'p/allow': true, 'q/allow': true });
});
afterEach(cleanUp);

const file = applied({ tools: [toolEntry()] });
const two = applied({ tools: [toolEntry(), toolEntry({ policy: 'q' })] });
const mask = (path: string) => ({ allow: true, obligations: [{ type: 'mask', properties: { path } }] });

describe("a plugin's policies", () => {
  it.each([
    ['null', null, -32603],
    ['a list', [], -32603],
    ['text', 'false', -32603],
    ['an allow of text', { allow: 'false' }, -32603],
    ['an allow of null', { allow: null }, -32603],
    ['nothing', {}, -32603],
    ['undefined', undefined, -32001],
    ['false', false, -32001],
    ['an object that denies', { allow: false }, -32001],
  ])('do not allow by %s', async (_name, decision, code) => {
    engine.answer('p/allow', decision);
    const mcp = await enforcer(file, engine);
    expect(await mcp.before(tool)).toMatchObject({ refusal: { code } });
    expect(await mcp.after(tool, text)).toMatchObject({ refusal: { code } });
  });

  it.each([
    ['OPA_UNREACHABLE', 503],
    ['OPA_TIMEOUT', 504],
    ['OPA_POLICY_ERROR', 500],
  ] as const)('refuse on %s, without details', async (code, status) => {
    engine.answer('p/allow', new OpaError(code, 's3cret'));
    const mcp = await enforcer(file, engine);
    const refusals = [await mcp.before(tool), await mcp.after(tool, text)];
    expect(refusals).toMatchObject([
      { refusal: { code: -32603, status } },
      { refusal: { code: -32603, status } },
    ]);
    expect(JSON.stringify(refusals)).not.toMatch(/s3cret|found/);
  });

  it('must all allow, and a denial holds every reason', async () => {
    const mcp = await enforcer(two, engine);
    expect(await mcp.before(tool)).toEqual({ permit: {} });
    engine
      .answer('p/allow', { allow: false, reason: 'one' })
      .answer('q/allow', { allow: false, reason: 'two' });
    expect(await mcp.before(tool)).toMatchObject({
      refusal: { code: -32001, data: { reasons: ['one', 'two'] } },
    });
    engine.answer('q/allow', new OpaError('OPA_TIMEOUT', 'late'));
    expect(await mcp.before(tool)).toMatchObject({ refusal: { code: -32001, data: { reasons: ['one'] } } });
    engine.answer('p/allow', true);
    expect(await mcp.before(tool)).toMatchObject({ refusal: { code: -32603, status: 504 } });
  });

  it('of several plugins each decide, and each see the whole result', async () => {
    const plugin = (name: string, policy: string, policy_modality: string[], mode: string) => {
      return { name, kind, mode, applied_to: { tools: [toolEntry({ policy, policy_modality })] } };
    };
    const plugins = [plugin('a', 'p', ['image'], 'permissive'), plugin('b', 'q', ['text'], 'enforce')];
    const mcp = await enforcer(parsePlugin(JSON.stringify({ plugins }), 'f'), engine);
    const image = { type: 'image', data: '', mimeType: 'image/png' };
    await mcp.after(tool, { content: [image] });
    expect(engine.questions).toMatchObject([
      { policy: 'p/allow', input: { payload: { image: [image] } } },
      { policy: 'q/allow', input: { payload: { image: [image] } } },
    ]);
    engine.answer('p/allow', false);
    expect(await mcp.before(tool)).toEqual({ permit: {} });
    engine.answer('q/allow', false);
    expect(await mcp.before(tool)).toMatchObject({ refusal: { code: -32001 } });
  });

  it('require the scopes of all step-ups', async () => {
    const stepUp = (scope: string) => ({
      allow: true,
      obligations: [{ type: 'step-up', properties: { scope } }],
    });
    engine.answer('p/allow', stepUp('a b')).answer('q/allow', stepUp('b c'));
    const mcp = await enforcer(two, engine);
    expect(await mcp.before(tool)).toMatchObject({
      refusal: {
        kind: 'denied',
        challenge: 'error="insufficient_scope", scope="a b c"',
      },
    });
  });

  it('deny when an obligation cannot be carried out', async () => {
    const mcp = await enforcer(file, engine);
    engine.answer('p/allow', mask('/content'));
    expect(await mcp.before(tool)).toMatchObject({ refusal: { code: -32001 } });
    engine.answer('p/allow', { allow: true, obligations: [{ type: 'notarize' }] });
    expect(await mcp.before(tool)).toMatchObject({ refusal: { code: -32001 } });
    expect(await mcp.after(tool, text)).toMatchObject({ refusal: { code: -32001 } });
  });
});

describe('results', () => {
  it('are masked by every policy, and private in the modern era', async () => {
    engine.answer('p/allow', mask('/content/0/text')).answer('q/allow', mask('/note'));
    const mcp = await enforcer(two, engine);
    const result = { ...text, note: 'n' };
    const masked = { content: [{ type: 'text', text: '***' }], note: '***' };
    expect(await mcp.after(tool, result)).toEqual({ result: masked });
    expect(await mcp.after({ ...tool, ...modern }, result)).toEqual({
      result: { ...masked, resultType: 'complete' },
    });
  });

  it('may be replaced by one policy, but not by two', async () => {
    const mcp = await enforcer(two, engine);
    engine.answer('p/allow', { allow: true, body: { content: [] } });
    expect(await mcp.after(tool, text)).toEqual({ result: { content: [] } });
    engine.answer('q/allow', { allow: true, body: { content: [] } });
    expect(await mcp.after(tool, text)).toMatchObject({ refusal: { code: -32603 } });
    engine.answer('q/allow', true);
    const error = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    for (const body of ['text', null]) {
      engine.answer('p/allow', { allow: true, body });
      expect(await mcp.after(tool, text)).toMatchObject({ refusal: { code: -32603 } });
    }
    const message = 'OPA_BAD_DECISION: The policy "p/allow" changed a result';
    expect(error.mock.calls).toEqual(Array(2).fill([expect.stringContaining(message)]));
    error.mockRestore();
  });

  it('that a policy has changed are private to the caller', async () => {
    engine.answer('p/allow', mask('/contents/0/text'));
    const mcp = await enforcer(applied({ resources: [resourceEntry('a://b')] }), engine);
    const serverResult = { contents: [{ uri: 'a://b', text: 't' }], ttlMs: 9, cacheScope: 'public' };
    expect(await mcp.after(read('a://b', modern), serverResult)).toMatchObject({
      result: { ttlMs: 0, cacheScope: 'private' },
    });
  });

  it('without a valid shape pass when all plugins are permissive, and are reported', async () => {
    const enforcerOfTwo = (mode: string) => {
      const pluginNamed = (name: string) => ({
        name,
        kind,
        mode: 'permissive',
        applied_to: { tools: [toolEntry()] },
      });
      return parsePlugin(JSON.stringify({ plugins: [pluginNamed('a'), { ...pluginNamed('b'), mode }] }), 'f');
    };
    const file = enforcerOfTwo('permissive');
    expect(await (await enforcer(file, engine)).after(tool, 'text')).toEqual({ result: 'text' });
    const reportWouldDeny = jest.fn();
    const opa = {
      mode: 'permissive' as const,
      decide: () => Promise.reject(new Error('not asked')),
      reportWouldDeny,
    };
    const reporting = new PluginEnforcer(
      file.plugins.map((plugin) => ({ plugin, opa })),
      new OutputSchemas(),
      noObligations,
    );
    await reporting.after(tool, 'text');
    expect(reportWouldDeny.mock.calls).toEqual(Array(2).fill(['p/allow', 'deny', []]));
    expect(await (await enforcer(enforcerOfTwo('enforce'), engine)).after(tool, 'text')).toMatchObject({
      refusal: { code: -32603 },
    });
  });

  it("that a policy changes must match the tool's output schema", async () => {
    engine.answer('p/allow', mask('/structuredContent/n'));
    const outputSchema = { type: 'object', properties: { n: { type: 'number' } } };
    const schemas = new OutputSchemas(() => Promise.resolve([{ name: 'search', outputSchema }]));
    const mcp = await enforcerOf(file, { engine }, false, schemas);
    const structured = { content: [], structuredContent: { n: 1 } };
    expect(await mcp.after(tool, structured)).toMatchObject({ refusal: { code: -32603 } });
  });

  it.each([
    ['tools/call', tool, { content: [{}] }],
    ['tools/call', tool, { content: [], structuredContent: 1 }],
    ['tools/call', tool, null],
    ['resources/read', read('a://b'), { contents: ['x'] }],
  ])('of %s of another shape are refused before any question', async (_method, by, result) => {
    const mcp = await enforcer(
      applied({ tools: [toolEntry()], resources: [resourceEntry('a://b')] }),
      engine,
    );
    expect(await mcp.after(by, result)).toMatchObject({ refusal: { code: -32603 } });
    expect(engine.questions).toEqual([]);
  });

  it('are no longer decided after the client has disconnected', async () => {
    const mcp = await enforcer(file, engine);
    const disconnected = { signal: AbortSignal.abort() };
    expect(await mcp.before(call('tools/call', { name: 'search' }), disconnected)).toMatchObject({
      refusal: { kind: 'failed' },
    });
    expect(await mcp.after(tool, text, disconnected)).toMatchObject({ refusal: { kind: 'failed' } });
  });
});

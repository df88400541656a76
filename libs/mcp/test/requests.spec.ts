import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { OpaErrorCode } from 'nestjs-opa';
import { OpaError } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { call, cleanUp, enforcer, modern, tool } from './support.js';

let engine: TestEngine;
beforeEach(() => {
  engine = new TestEngine({ request: true, response: true, list: true });
});
afterEach(cleanUp);

describe('requests', () => {
  const server = { type: 'mcp_server', id: 'gateway' };
  it.each([
    ['initialize', { protocolVersion: '2025-11-25' }, server, { protocol_version: '2025-11-25' }],
    ['tools/list', {}, server, {}],
    ['resources/templates/list', {}, server, {}],
    ['tasks/list', {}, server, {}],
    ['logging/setLevel', { level: 'debug' }, server, { level: 'debug' }],
    ['tools/call', { name: 'search' }, { type: 'tool', id: 'search' }, {}],
    ['prompts/get', { name: 'greet' }, { type: 'prompt', id: 'greet' }, {}],
    ['resources/read', { uri: 'a://b' }, { type: 'resource', id: 'a://b' }, {}],
    ['resources/subscribe', { uri: 'a://b' }, { type: 'resource', id: 'a://b' }, {}],
    ['completion/complete', { ref: { type: 'ref/prompt', name: 'p' } }, { type: 'prompt', id: 'p' }, {}],
    ['completion/complete', { ref: { type: 'ref/resource', uri: 'u' } }, { type: 'resource', id: 'u' }, {}],
    ['tasks/result', { taskId: 't' }, { type: 'task', id: 't' }, {}],
  ])('%s is mapped by COAZ-MCP', async (method, params, resource, context) => {
    const mcp = await enforcer(engine);
    expect(await mcp.before(call(method, params))).toEqual({ permit: {} });
    expect(engine.questions).toMatchObject([
      {
        policy: 'request',
        input: {
          subject: { type: 'identity', id: 'alice' },
          action: { name: method },
          resource,
          context: { agent: 'agent-1', ...context },
          request: { method, params },
        },
      },
    ]);
  });

  it('without a token have an anonymous subject', async () => {
    const mcp = await enforcer(engine);
    await mcp.before({ ...tool, caller: { audience: 'demo', headers: {} } });
    expect(engine.questions[0]?.input).toMatchObject({ subject: { type: 'anonymous' }, context: {} });
  });

  it.each([
    [
      'tools/call',
      { name: 'search', arguments: { q: 'x' } },
      'tool_pre_invoke',
      { name: 'search', args: { q: 'x' } },
    ],
    ['prompts/get', { name: 'p' }, 'prompt_pre_fetch', { prompt_id: 'p', args: {} }],
    ['resources/read', { uri: 'u' }, 'resource_pre_fetch', { uri: 'u' }],
    ['tools/list', { cursor: 'c' }, 'tools/list', { cursor: 'c' }],
  ])('%s in shape contextforge', async (method, params, kind, payload) => {
    const mcp = await enforcer(engine, { shape: 'contextforge' });
    await mcp.before(call(method, params));
    expect(engine.questions[0]?.input).toEqual({
      kind,
      user: 'alice',
      request_ip: '127.0.0.1',
      headers: { host: 'x' },
      payload,
      context: {},
      mode: 'input',
    });
  });

  it('passes ping, and refuses methods that the era does not have', async () => {
    const mcp = await enforcer(engine, { methods: ['vendor/own'] });
    expect(await mcp.before(call('ping'))).toEqual({ permit: {} });
    expect(engine.questions).toEqual([]);
    expect(await mcp.before(call('vendor/own'))).toEqual({ permit: {} });
    expect(engine.questions).toHaveLength(1);
    expect(await mcp.before(call('vendor/other'))).toMatchObject({ refusal: { code: -32601, status: 200 } });
    for (const method of ['initialize', 'ping', 'logging/setLevel', 'resources/subscribe', 'constructor']) {
      expect(await mcp.before(call(method, {}, modern))).toMatchObject({
        refusal: { code: -32601, status: 404 },
      });
    }
    expect(await mcp.before(call('server/discover', {}, modern))).toEqual({ permit: {} });
  });

  it.each([
    ['tools/call', {}],
    ['tools/call', { name: 1 }],
    ['tools/call', { name: 'x', arguments: [] }],
    ['resources/read', { uri: null }],
    ['completion/complete', { ref: { type: 'ref/other' } }],
    ['tasks/get', undefined],
  ])('%s with wrong parameters is refused with -32602 and without a query', async (method, params) => {
    const mcp = await enforcer(engine);
    expect(await mcp.before(call(method, params))).toMatchObject({
      refusal: { kind: 'invalid', code: -32602 },
    });
    expect(engine.questions).toEqual([]);
  });

  it('are denied with their reasons', async () => {
    const mcp = await enforcer(engine);
    engine.answer('request', { allow: false, reasons: ['not yours'] });
    expect(await mcp.before(tool)).toMatchObject({
      refusal: {
        kind: 'denied',
        code: -32001,
        status: 403,
        message: 'Forbidden by policy: not yours',
        data: { reasons: ['not yours'] },
      },
    });
    engine.answer('request', undefined);
    expect(await mcp.before(tool)).toMatchObject({
      refusal: {
        kind: 'denied',
        code: -32001,
        message: 'Forbidden by policy',
      },
    });
  });

  it.each([
    ['OPA_UNREACHABLE', 503],
    ['OPA_TIMEOUT', 504],
    ['OPA_POLICY_ERROR', 500],
  ] as const)(
    'are refused on %s, and the refusal does not hold the cause',
    async (code: OpaErrorCode, status) => {
      const mcp = await enforcer(engine);
      engine.answer('request', new OpaError(code, 's3cret'));
      const refusal = await mcp.before(tool);
      expect(refusal).toMatchObject({ refusal: { kind: 'failed', code: -32603, status } });
      expect(JSON.stringify(refusal)).not.toContain('s3cret');
    },
  );

  it.each([
    ['on a permit', true],
    ['on a denial', false],
  ])('are refused with the scopes of a step-up %s', async (_name, allow) => {
    const mcp = await enforcer(engine);
    const obligations = [{ type: 'step-up', properties: { scope: ['files:read', 'files:write'] } }];
    engine.answer('request', { allow, obligations });
    expect(await mcp.before(tool)).toMatchObject({
      refusal: {
        kind: 'denied',
        code: -32001,
        data: { scopes: ['files:read', 'files:write'] },
        challenge: 'error="insufficient_scope", scope="files:read files:write"',
      },
    });
  });

  it('are refused with the scopes of all step-ups', async () => {
    const mcp = await enforcer(engine);
    const stepUp = (scope: unknown) => ({ type: 'step-up', properties: { scope } });
    const obligations = [stepUp('a b'), stepUp(['b', 'c']), { type: 'notarize' }];
    engine.answer('request', { allow: true, obligations });
    expect(await mcp.before(tool)).toMatchObject({
      refusal: {
        data: { scopes: ['a', 'b', 'c'] },
        challenge: 'error="insufficient_scope", scope="a b c"',
      },
    });
    engine.answer('request', { allow: true, obligations: [stepUp('a"b')] });
    const malformed = await mcp.before(tool);
    expect(malformed).toMatchObject({ refusal: { kind: 'denied' } });
    expect(malformed).not.toMatchObject({ refusal: { challenge: expect.anything() } });
  });

  it.each(['notarize', 'mask', 'header'])(
    'are denied when an obligation cannot be carried out: %s',
    async (type) => {
      const mcp = await enforcer(engine);
      engine.answer('request', { allow: true, obligations: [{ type, properties: { path: '/a' } }] });
      expect(await mcp.before(tool)).toMatchObject({ refusal: { kind: 'denied', code: -32001 } });
    },
  );

  it('get a challenge with acr_values and max_age', async () => {
    const mcp = await enforcer(engine);
    const properties = { acr_values: 'loa2 loa3', max_age: 5, scopes: ['files:read'] };
    engine.answer('request', { allow: false, obligations: [{ type: 'step-up', properties }] });
    expect(await mcp.before(tool)).toMatchObject({
      refusal: {
        data: { scopes: ['files:read'], acr_values: ['loa2', 'loa3'], max_age: 5 },
        challenge:
          'error="insufficient_user_authentication", acr_values="loa2 loa3", max_age="5", scope="files:read"',
      },
    });
  });

  it('get the headers of obligations on the response', async () => {
    const mcp = await enforcer(engine);
    const obligations = [{ type: 'header', properties: { name: 'X-Ticket', value: 't1' } }];
    engine.answer('request', { allow: true, obligations });
    expect(await mcp.before(tool)).toMatchObject({ permit: { responseHeaders: { 'x-ticket': 't1' } } });
    engine.answer('request', { allow: false, obligations });
    expect(await mcp.before(tool)).toMatchObject({ refusal: { headers: { 'x-ticket': 't1' } } });
  });

  it('get the Retry-After of OPA', async () => {
    const mcp = await enforcer(engine);
    engine.answer('request', new OpaError('OPA_OVERLOADED', 'busy', { retryAfterMs: 2_500 }));
    expect(await mcp.before(tool)).toMatchObject({ refusal: { status: 503, retryAfter: 3 } });
  });

  it('pass in permissive mode', async () => {
    const mcp = await enforcer(engine, {}, { mode: 'permissive' });
    for (const decision of [false, { allow: true, obligations: [{ type: 'notarize' }] }]) {
      engine.answer('request', decision);
      expect(await mcp.before(tool)).toEqual({ permit: {} });
    }
  });

  const headers = { 'x-a': '1' };
  const all = { headers, response_headers_to_add: { 'X-B': '2' }, request_headers_to_remove: ['X-C'] };
  const permit = { headers, responseHeaders: { 'x-b': '2' }, removeHeaders: ['x-c'] };
  it.each([
    ['an allow', { allow: true, ...all }, 'permit', permit],
    ['an allow without headers', true, 'permit', {}],
    ['a denial', { allow: false, ...all }, 'refusal', headers],
    [
      'an allow with an obligation that nobody carries out',
      { allow: true, ...all, obligations: [{ type: 'x' }] },
      'refusal',
      undefined,
    ],
  ])('of %s carry its headers', async (_name, decision, outcome, expected) => {
    const mcp = await enforcer(engine);
    engine.answer('request', decision);
    const admission = await mcp.before(tool);
    expect(Object.keys(admission)).toEqual([outcome]);
    expect('permit' in admission ? admission.permit : admission.refusal.headers).toEqual(expected);
    const reporting = await enforcer(engine, {}, { mode: 'permissive' });
    engine.answer('request', { allow: false, ...all });
    expect(await reporting.before(tool)).toEqual({ permit: {} });
  });
});

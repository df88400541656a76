import { afterAll, describe, expect, it } from '@jest/globals';
import {
  CallToolResultSchema,
  JSONRPCErrorResponseSchema,
  JSONRPCResultResponseSchema,
} from '@modelcontextprotocol/core';
import {
  CallToolResultSchema as LegacyResultSchema,
  JSONRPCErrorResponseSchema as LegacyErrorSchema,
  JSONRPCResultResponseSchema as LegacyResponseSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import type { HttpResponse } from '../support/client.js';
import { call, HEADERS, modern, post, startMcpGateway, tool } from './support/mcp-gateway.js';
import { event, reply, textResult, stream } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const mcp = await startMcpGateway(cleanup, [{}, { name: 'result', denial: 'result' }]);
const { port } = mcp.gateway;
const sendModern = (sent: ReturnType<typeof modern>, path = '/mcp/up'): Promise<HttpResponse> =>
  send(port, { path, method: 'POST', ...sent });
const legacy =
  (body: unknown, headers: Record<string, string> = {}) =>
  () =>
    post(port, body, { headers });

describe("what the gateway writes itself is valid by the protocol's schema", () => {
  it.each([
    ['no JSON', legacy('{')],
    ['no message', legacy('[]')],
    ['a wrong type', legacy('{}', { 'content-type': 'text/plain' })],
    ['a wrong parameter', legacy(call('tools/call', {}))],
    ['an unknown method', legacy(call('vendor/own'))],
    ['a denial', legacy(tool('secret'))],
    ['a step-up', legacy(tool('pay'))],
    ['an unknown session', legacy(tool('x'), { 'mcp-session-id': 'x' })],
    ['a body too large', legacy(call('ping', { a: 'x'.repeat(4 << 20) }))],
    ['another HTTP method', () => send(port, { path: '/mcp/up', method: 'PUT' })],
    ['a stream of another', () => send(port, { path: '/mcp/up', headers: { 'last-event-id': 'x' } })],
    ['an unusable response', legacy(tool('x'))],
    ['a header that disagrees', () => sendModern(modern('tools/call', { name: 'x' }, 'y'))],
    ["the newer era's denial", () => sendModern(modern('tools/call', { name: 'secret' }, 'secret'))],
    ["the newer era's unknown method", () => sendModern(modern('initialize'))],
    ['no _meta', legacy(call('tools/list'), { 'mcp-protocol-version': '2026-07-28' })],
  ])('%s', async (_name, request) => {
    mcp.upstream.respond = (_request, response) => reply(response, 'nonsense');
    const message = (await request()).json();
    expect(JSONRPCErrorResponseSchema.safeParse(message)).toMatchObject({
      success: true,
      data: message as object,
    });
    expect(LegacyErrorSchema.safeParse(message)).toMatchObject({ success: true, data: message as object });
  });

  it('an error on a stream', async () => {
    mcp.upstream.respond = ({ message }, response) =>
      stream(response).end(event(textResult(message, 'classified')));
    const { text } = await post(port, tool('x'));
    const message: unknown = JSON.parse(text.replace('data: ', ''));
    expect(JSONRPCErrorResponseSchema.safeParse(message).success).toBe(true);
  });

  it('a denial as a result, in both eras', async () => {
    const older = (await post(port, tool('secret'), { path: '/mcp/result' })).json();
    const { result: legacyResult } = LegacyResponseSchema.parse(older);
    expect(LegacyResultSchema.strict().safeParse(legacyResult)).toMatchObject({ success: true });
    const newer = (
      await sendModern(modern('tools/call', { name: 'secret' }, 'secret'), '/mcp/result')
    ).json();
    const { result: other } = JSONRPCResultResponseSchema.parse(newer);
    expect(CallToolResultSchema.safeParse(other)).toMatchObject({ success: true });
    expect(other).toMatchObject({ resultType: 'complete', isError: true });
  });

  it('an empty body for a notification', async () => {
    mcp.upstream.respond = (_request, response) => response.writeHead(202).end();
    const response = await post(
      port,
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { headers: HEADERS },
    );
    expect([response.status, response.text, response.headers['content-type']]).toEqual([202, '', undefined]);
  });
});

import { afterAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import type { HttpResponse } from '../support/client.js';
import { HEADERS, call, modern, post, startMcpGateway, tool } from './support/mcp-gateway.js';
import { reply, result, textResult } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const mcp = await startMcpGateway(cleanup, [
  { policy: 'mcp/read_only', list: undefined, response: undefined },
  // The request policy allows the call before the gateway has listed the tools; the response policy sees the tool.
  ...['after-true', 'after-false'].map((name) => ({
    name,
    policy: 'mcp/request',
    list: undefined,
    response: 'mcp/read_only',
  })),
]);
const { port } = mcp.gateway;

type Request = (method: string, name?: string) => (token: string) => Promise<HttpResponse>;

const older: Request = (method, name) => (token) =>
  post(port, name === undefined ? call(method) : tool(name), { headers: bearer(token) });
const newer: Request = (method, name) => (token) => {
  const sent = modern(method, { ...(name !== undefined && { name }) }, name);
  return send(port, {
    path: '/mcp/up',
    method: 'POST',
    ...sent,
    headers: { ...sent.headers, ...bearer(token) },
  });
};
const bearer = (token: string): Record<string, string> => ({ ...HEADERS, authorization: `Bearer ${token}` });

/** Has the upstream list one tool, and respond to every call. */
function upstream(readOnlyHint: boolean): void {
  const tools = [{ name: 'report', annotations: { readOnlyHint }, inputSchema: { type: 'object' } }];
  mcp.upstream.respond = ({ message }, response) =>
    reply(
      response,
      message['method'] === 'tools/list'
        ? result(message, { tools, ttlMs: 0, cacheScope: 'private', resultType: 'complete' })
        : textResult(message, 'ok'),
    );
}

const isAllowed = (response: HttpResponse): boolean => 'result' in (response.json() as object);

describe.each([
  ['2025-11-25', older],
  ['2026-07-28', newer],
])('a policy that allows read-only tools, in %s', (version, request) => {
  const list = request('tools/list');
  const report = request('tools/call', 'report');

  it("decides a call by the annotations of the subject's latest list", async () => {
    const alice = await mcp.issuer.sign({ sub: `alice-${version}` });
    const bob = await mcp.issuer.sign({ sub: `bob-${version}` });
    upstream(true);
    expect(isAllowed(await report(alice))).toBe(false);
    await list(alice);
    expect(isAllowed(await report(alice))).toBe(true);
    expect(isAllowed(await report(bob))).toBe(false);
    upstream(false);
    await list(alice);
    expect(isAllowed(await report(alice))).toBe(false);
  });
});

describe('a response policy, when the gateway itself lists the tools to compare the headers Mcp-Param-…', () => {
  it.each([
    [true, true],
    [false, false],
  ])('sees the tool with readOnlyHint %s', async (readOnlyHint, allowed) => {
    const lists: unknown[] = [];
    const inputSchema = { type: 'object', properties: { q: { type: 'string', 'x-mcp-header': 'Q' } } };
    const tools = [{ name: 'report', annotations: { readOnlyHint }, inputSchema }];
    mcp.upstream.respond = ({ message }, response) => {
      if (message['method'] === 'tools/list') lists.push(message);
      const more = { ttlMs: 0, cacheScope: 'private', resultType: 'complete' };
      reply(
        response,
        message['method'] === 'tools/list' ? result(message, { tools, ...more }) : textResult(message, 'ok'),
      );
    };
    const token = await mcp.issuer.sign({ sub: `listed-${String(readOnlyHint)}` });
    const sent = modern('tools/call', { name: 'report', arguments: { q: 'x' } }, 'report');
    const headers = { ...sent.headers, 'mcp-param-q': 'x', authorization: `Bearer ${token}` };
    const response = await send(port, {
      path: `/mcp/after-${String(readOnlyHint)}`,
      method: 'POST',
      ...sent,
      headers,
    });
    expect(lists).toHaveLength(1);
    expect(isAllowed(response)).toBe(allowed);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { CLIENTS } from './support/clients.js';
import { post, startMcpGateway, tool } from './support/mcp-gateway.js';
import type { McpGateway } from './support/mcp-gateway.js';
import { event, reply, textResult, stream } from './support/scripted-server.js';
import { startReference } from './support/real-servers.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let mcp: McpGateway;
let real: string;
beforeAll(async () => {
  const url = await startReference(cleanup);
  mcp = await startMcpGateway(cleanup, [{}, { name: 'real', url }]);
  real = `http://127.0.0.1:${mcp.gateway.port}/mcp/real`;
});

it.each([
  ['JSON', false],
  ['a stream', true],
])('a result of 7 MB passes as %s, decided', async (_name, streams) => {
  const big = 'x'.repeat(7_000_000);
  mcp.upstream.respond = ({ message }, response) => {
    if (streams) stream(response).end(event(textResult(message, big)));
    else reply(response, textResult(message, big));
  };
  const { status, text } = await post(mcp.gateway.port, tool('x'));
  expect([status, text.length > big.length, text.includes(big)]).toEqual([200, true, true]);
});

it('two concurrent calls with the same id get one response each', async () => {
  mcp.upstream.respond = ({ message }, response) => {
    const { name } = message['params'] as { name: string };
    setImmediate(() => reply(response, textResult(message, `of ${name}`)));
  };
  const names = Array.from({ length: 20 }, (_, n) => `tool-${n}`);
  const responses = await Promise.all(names.map((name) => post(mcp.gateway.port, tool(name, 'same'))));
  expect(responses.map(({ text }) => /of (tool-\d+)/.exec(text)?.[1])).toEqual(names);
});

describe.each(CLIENTS)('%s', (_name, connect) => {
  it('gets the scope that a call requires, and continues its session', async () => {
    const client = await connect(real);
    cleanup.add(client, () => client.close());
    const call = (name: string) => client.callTool({ name, arguments: {} });
    await expect(call('pay')).rejects.toThrow(/insufficient.?scope|pay:write|403|Forbidden/i);
    await expect(call('secret')).rejects.toMatchObject({
      code: -32001,
      data: { reasons: ['secret is for nobody'] },
    });
    expect(await call('test_simple_text')).toMatchObject({ content: [{ type: 'text' }] });
  });
});

import { once } from 'node:events';
import { Agent } from 'node:http';
import type { ServerResponse } from 'node:http';
import { afterAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../libs/opa/test/support/eventually.js';
import { Cleanup } from '../support/cleanup.js';
import { open, send } from '../support/client.js';
import { begin, call, modern, post, startMcpGateway, tool } from './support/mcp-gateway.js';
import { reply, result, stream } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const mcp = await startMcpGateway(cleanup);
const { port } = mcp.gateway;
describe('three hundred sessions that are opened and dropped', () => {
  it('leave no connection to the upstream', async () => {
    const agent = cleanup.add(new Agent({ keepAlive: true, maxSockets: 50 }), (created) => created.destroy());
    let sessions = 0;
    const begun: ServerResponse[] = [];
    mcp.upstream.respond = ({ method, message }, response) => {
      if (method === 'GET') begun.push(stream(response));
      else {
        sessions += 1;
        reply(response, result(message, {}), 200, { 'mcp-session-id': `up-${sessions}` });
      }
    };
    const callOnce = async (): Promise<void> => {
      const { headers } = await post(port, call('initialize', { protocolVersion: '2025-11-25' }, 0), {
        agent,
      });
      const session = { 'mcp-session-id': String(headers['mcp-session-id']) };
      const standing = await open(port, { path: '/mcp/up', headers: session });
      standing.destroy();
    };
    for (let round = 0; round < 15; round += 1) {
      await Promise.all(Array.from({ length: 20 }, callOnce));
    }
    expect([sessions, begun.length]).toEqual([300, 300]);
    await Promise.all(begun.filter(({ closed }) => !closed).map((out) => once(out, 'close')));
    // Those that are kept alive may be used again, until they are idle for too long.
    await eventually(() => mcp.upstream.connections(), 0);
    // A busy machine needs time for nine hundred requests.
  });
});

describe('streams whose clients go away', () => {
  const modernly = (method: string, params?: object, name?: string) => () =>
    open(port, { path: '/mcp/up', method: 'POST', ...modern(method, params, name) });

  it.each([
    ['of calls', () => begin(port, tool('x'))],
    ["of the newer era's calls", modernly('tools/call', { name: 'x' }, 'x')],
    ['of subscriptions/listen', modernly('subscriptions/listen')],
    ['that stand', () => open(port, { path: '/mcp/up' })],
  ])('%s end at once at the upstream', async (_name, start) => {
    const begun: ServerResponse[] = [];
    mcp.upstream.respond = (_request, response) => begun.push(stream(response));
    const clients = await Promise.all(Array.from({ length: 20 }, start));
    const closed = begun.map((out) => once(out, 'close'));
    for (const client of clients) client.destroy();
    await Promise.all(closed);
  });

  it('leave no connection to the upstream', async () => {
    await eventually(() => mcp.upstream.connections(), 0);
  });
});

it('an upstream that stops during a response disturbs no other client', async () => {
  const begun: ServerResponse[] = [];
  mcp.upstream.respond = (_request, response) => begun.push(stream(response));
  const clients = await Promise.all(Array.from({ length: 20 }, () => begin(port, tool('x'))));
  for (const out of begun) out.socket?.destroy();
  const texts = await Promise.all(
    clients.map(async (client) => {
      let text = '';
      for await (const part of client) text += String(part);
      return text;
    }),
  );
  expect(new Set(texts)).toEqual(new Set([expect.stringMatching(/"error":\{"code":-32603/)]));
  mcp.upstream.respond = ({ message }, response) => reply(response, result(message, {}));
  expect(await send(port, { path: '/health/live' })).toMatchObject({ status: 200 });
  expect(await post(port, call('ping'))).toMatchObject({ status: 200 });
});

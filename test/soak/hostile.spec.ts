import { Agent } from 'node:http';
import { afterAll, expect, it } from '@jest/globals';
import { Cleanup } from '../gateway/support/cleanup.js';
import { send } from '../gateway/support/client.js';
import type { HttpResponse } from '../gateway/support/client.js';
import { call, post, startMcpGateway, tool } from '../gateway/mcp/support/mcp-gateway.js';
import type { McpGateway } from '../gateway/mcp/support/mcp-gateway.js';
import { event, reply, textResult, stream } from '../gateway/mcp/support/scripted-server.js';
import { startServer } from '../gateway/support/upstream.js';
import { ATTACKS, BROKEN, breakOff, RESET } from './support/attacks.js';
import { measure, MEASURED, measureSettled } from './support/measure.js';

/** How long the traffic lasts: `npm run soak:hostile` makes it ten minutes. */
const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 8);
const CLIENTS = 8;
/** How many sound calls a client sends a round, each of which meets one of the hostile answers. */
const CALLS = 10;
/** What a sound gateway may hold more at the end: caches that fill up to their bounds. */
const GROWTH_BYTES = 24 * 1024 * 1024;
const MARK = 'undecided';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

/** What the upstreams were asked that nobody may ask. */
const reached = new Set<string>();

async function start(): Promise<McpGateway> {
  const orders = cleanup.add(
    await startServer((request, response) => {
      if (request.url?.includes('secret') === true) reached.add(request.url);
      response.setHeader('content-type', 'application/json').end('{}');
    }),
    ({ close }) => close(),
  );
  const upstreams = [{ name: 'up', url: orders.url, policy: 'rest/request' }];
  const mcp = await startMcpGateway(cleanup, [{}], { upstreams }, MEASURED);
  mcp.upstream.respond = ({ message, text }, response) => {
    if (text.includes('secret')) reached.add(text);
    // A long soak must not keep what each request was.
    mcp.upstream.requests.length = 0;
    // What a server says of itself is not asked about: only its results of calls are decided.
    const hostile = message['method'] === 'tools/call' ? answers : answers.slice(0, 1);
    hostile[Math.floor(Math.random() * hostile.length)]?.(message, response);
  };
  return mcp;
}

type Answerer = (message: Parameters<typeof textResult>[0], response: Parameters<typeof reply>[0]) => unknown;

/** What a hostile server answers; one that is sound is among them. */
const answers: readonly Answerer[] = [
  (message, response) => reply(response, textResult(message, 'ok')),
  (message, response) => reply(response, textResult(message, `classified ${MARK}`)),
  (message, response) => reply(response, { ...textResult(message, MARK), id: 'another' }),
  (_message, response) =>
    reply(response, `{"jsonrpc":"2.0","id":1,"result":{},"Result":{"content":"${MARK}"}}`),
  (_message, response) => reply(response, MARK, 200, { 'content-type': 'text/html' }),
  (message, response) =>
    stream(response).end(`: ${MARK}\u2028data: ${MARK}\n\n${event(textResult(message, 'ok'))}`),
  (message, response) =>
    stream(response).end(`event: a\u0085data: ${MARK}\n${event(textResult(message, 'ok'))}`),
  (message, response) =>
    stream(response).end(`id: 1\u2029data: ${MARK}\n${event(textResult(message, 'ok'))}`),
  (_message, response) => stream(response).write(event({}), () => response.destroy()),
  (_message, response) => response.destroy(),
];

it(
  `the gateway lets nothing undecided pass in ${SECONDS} seconds of hostile traffic`,
  async () => {
    const mcp = await start();
    const { gateway } = mcp;
    const over = performance.now() + SECONDS * 1_000;
    const agent = cleanup.add(new Agent({ keepAlive: true, maxSockets: CLIENTS }), (one) => one.destroy());
    const wrong = new Set<string>();
    const visible = (text: string) => {
      if (text.includes(MARK)) wrong.add(`visible: ${text}`);
    };
    const textOf = (asked: Promise<HttpResponse>): Promise<string> =>
      asked.then(
        ({ text }) => text,
        () => '',
      );
    const round = async (): Promise<void> => {
      for (const { name, request, statuses } of ATTACKS) {
        const answer = await send(gateway.port, request).catch(() => undefined);
        visible(answer?.text ?? '');
        if (!statuses.includes(answer?.status ?? RESET)) wrong.add(`${name}: ${answer?.status ?? 'reset'}`);
      }
      for (const bytes of BROKEN) await breakOff(gateway.port, bytes);
      visible(await textOf(post(gateway.port, call('initialize', { protocolVersion: '2025-11-25' }))));
      for (let sent = 0; sent < CALLS; sent += 1) {
        visible(await textOf(post(gateway.port, tool('safe'), { agent })));
      }
    };
    const attack = async (): Promise<void> => {
      while (performance.now() < over) await round();
    };

    await round();
    const before = await measure(gateway);
    await Promise.all(Array.from({ length: CLIENTS }, attack));
    agent.destroy();

    expect([...reached]).toEqual([]);
    expect([...wrong]).toEqual([]);
    expect(await send(gateway.port, { path: '/health/live' })).toMatchObject({ status: 200 });
    const maxBytes = before.bytes + GROWTH_BYTES;
    const after = await measureSettled(gateway, maxBytes);
    expect(after.bytes).toBeLessThan(maxBytes);
    expect(after.handles).toBeLessThanOrEqual(before.handles + CLIENTS);
    expect(gateway.output()).not.toContain(MARK);
  },
  (SECONDS + 120) * 1_000,
);

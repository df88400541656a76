import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { UseGuards } from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Decision, OpaModuleOptions } from 'nestjs-opa';
import { OpaDecision, OpaGuard, OpaModule, OpaPolicy, OpaPublic } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WaitingEngine } from './support/waiting-engine.js';
import { ioClient, onSocketIo, onWs, received, startGateway, wsClient } from './drivers/ws.js';

const ran: unknown[] = [];

type Client = Record<string, unknown>;

/** What an application does about a connection, if anything. */
let connected: (client: Client, request?: IncomingMessage) => void;

@UseGuards(OpaGuard)
class Handlers {
  handleConnection(client: Client, request?: IncomingMessage) {
    connected(client, request);
  }
  @SubscribeMessage('say') @OpaPolicy('say') say(@MessageBody() data: unknown) {
    ran.push(data);
    return { event: 'said', data };
  }
  @SubscribeMessage('why') @OpaPolicy('say') why(@OpaDecision() decision: Decision) {
    return { event: 'because', data: decision.reasons };
  }
  @SubscribeMessage('ping') @OpaPublic() ping() {
    return 'pong';
  }
}

@WebSocketGateway({ path: '/events' })
class OverWs extends Handlers {}

@WebSocketGateway({ namespace: '/admin' })
class OverSocketIo extends Handlers {}

const withUser = (request: IncomingMessage | undefined, user: string): object =>
  Object.assign(request ?? {}, { user });

let engine: TestEngine;
let app: INestApplication;
const inputs = (): unknown[] => engine.questions.map(({ input }) => input);

const start = async (kind: 'ws' | 'socket.io', options: OpaModuleOptions = {}): Promise<void> => {
  const opa = OpaModule.forRoot({ engine, ...options });
  app = await (kind === 'ws' ? startGateway(opa, OverWs, onWs) : startGateway(opa, OverSocketIo, onSocketIo));
};

beforeEach(() => {
  engine = new TestEngine({ say: true });
  ran.length = 0;
  connected = () => undefined;
});
afterEach(() => app.close());

describe('a gateway of ws', () => {
  const ask = async (data: unknown, headers?: Record<string, string>): Promise<unknown> => {
    const client = await wsClient(app, '/events?token=t', headers);
    client.send(JSON.stringify({ event: 'say', data }));
    const answer = await received(client);
    client.terminate();
    return answer;
  };

  it('has no handshake in the input of an adapter that provides none', async () => {
    await start('ws');
    expect(await ask('hello')).toEqual({ event: 'said', data: 'hello' });
    expect(inputs()).toEqual([
      {
        subject: { type: 'anonymous' },
        action: { name: 'message' },
        resource: { type: 'event', id: 'say' },
        context: {},
        request: { event: 'say', data: 'hello' },
      },
    ]);
  });

  it('shows the policy only the allowed headers of the handshake', async () => {
    connected = (client, request) => Object.assign(client, { request });
    await start('ws', { input: { headers: ['x-tenant'] } });
    await ask(1, { 'x-tenant': 't1', authorization: 'Bearer secret', cookie: 'secret' });
    expect(inputs()[0]).toMatchObject({
      request: {
        handshake: {
          path: '/events',
          query: { token: 't' },
          address: '127.0.0.1',
          headers: { 'x-tenant': 't1' },
        },
      },
    });
    expect(JSON.stringify(inputs())).not.toContain('secret');
  });

  it.each<[string, typeof connected]>([
    ['the client', (client) => Object.assign(client, { user: 'ann', data: { user: 'bob' } })],
    [
      "the client's data",
      (client, request) =>
        Object.assign(client, { data: { user: 'ann' }, request: withUser(request, 'bob') }),
    ],
    ['the handshake', (client, request) => Object.assign(client, { request: withUser(request, 'ann') })],
  ])('takes the subject from %s', async (_name, how) => {
    connected = how;
    await start('ws');
    await ask({ user: 'root' });
    expect(inputs()[0]).toMatchObject({ subject: 'ann' });
  });

  it('removes the headers that only a policy may set from the handshake', async () => {
    let request: IncomingMessage | undefined;
    connected = (client, upgrade) => Object.assign(client, { request: (request = upgrade) });
    await start('ws', { policyHeaders: ['x-authz-*'] });
    await ask(1, { 'x-authz-role': 'root', x_authz_role: 'root', 'x-other': 'stays' });
    expect(request?.headers).toMatchObject({ 'x-other': 'stays' });
    expect(JSON.stringify([request?.headers, request?.rawHeaders])).not.toContain('root');
  });

  it('decides the messages of a connection separately, even concurrent ones', async () => {
    engine.answer('say', ({ request }: { request: { data: number } }) => request.data % 2 === 0);
    await start('ws');
    const client = await wsClient(app, '/events');
    const events: { event: string; data: unknown }[] = [];
    const all = new Promise<void>((resolve) => {
      client.on('message', (data: Buffer) => {
        if (events.push(JSON.parse(data.toString()) as (typeof events)[0]) === 40) resolve();
      });
    });
    for (let n = 0; n < 40; n += 1) client.send(JSON.stringify({ event: 'say', data: n }));
    await all;
    client.terminate();
    expect(engine.questions).toHaveLength(40);
    const even = Array.from({ length: 20 }, (_, n) => 2 * n);
    expect(events.filter(({ event }) => event === 'said').map(({ data }) => data)).toEqual(even);
    expect(events.filter(({ event }) => event === 'exception')).toHaveLength(20);
    expect(ran).toEqual(even);
  });

  it('gives each message its own decision', async () => {
    engine.answer('say', ({ request }: { request: { data: { n: number } } }) => ({
      allow: true,
      reasons: [String(request.data.n)],
    }));
    await start('ws');
    const client = await wsClient(app, '/events');
    const replies: unknown[] = [];
    const all = new Promise<void>((resolve) => {
      client.on('message', (data: Buffer) => {
        if (replies.push(JSON.parse(data.toString())) === 10) resolve();
      });
    });
    const numbers = Array.from({ length: 10 }, (_, n) => n);
    for (const n of numbers) client.send(JSON.stringify({ event: 'why', data: { n } }));
    await all;
    client.terminate();
    expect(replies).toEqual(numbers.map((n) => ({ event: 'because', data: [String(n)] })));
  });

  it('keeps the connection open after a denial, and sends an event with the reasons', async () => {
    engine.answer('say', { allow: false, reasons: ['too loud'] });
    await start('ws');
    const client = await wsClient(app, '/events');
    client.send(JSON.stringify({ event: 'say', data: 1 }));
    expect(await received(client)).toEqual({
      event: 'exception',
      data: { status: 'error', code: 'FORBIDDEN', message: 'Forbidden by policy', reasons: ['too loud'] },
    });
    engine.answer('say', true);
    client.send(JSON.stringify({ event: 'say', data: 2 }));
    expect(await received(client)).toEqual({ event: 'said', data: 2 });
    client.terminate();
  });

  it('aborts the decision when the client disconnects', async () => {
    const waiting = new WaitingEngine();
    await start('ws', { engine: waiting });
    const client = await wsClient(app, '/events');
    client.send(JSON.stringify({ event: 'say', data: 1 }));
    await waiting.queried;
    client.terminate();
    await waiting.aborted;
    expect(waiting.aborts).toBe(1);
    expect(ran).toEqual([]);
  });
});

describe('a gateway of socket.io', () => {
  it('shows the policy the namespace and the handshake', async () => {
    await start('socket.io', { input: { headers: ['x-tenant'] } });
    const client = await ioClient(app, '/admin', { 'x-tenant': 't1', authorization: 'Bearer secret' });
    const message = once(client as never, 'said');
    client.emit('say', { text: 'hello' });
    expect(await message).toEqual([{ text: 'hello' }]);
    client.close();
    expect(inputs()[0]).toMatchObject({
      request: {
        event: 'say',
        data: { text: 'hello' },
        namespace: '/admin',
        handshake: { path: '/socket.io/', address: '127.0.0.1', headers: { 'x-tenant': 't1' } },
      },
    });
    expect(JSON.stringify(inputs())).not.toContain('secret');
  });

  it("takes the subject from the client's data, and not from the message", async () => {
    connected = (client) => Object.assign(client['data'] as object, { user: { id: 'ann' } });
    await start('socket.io');
    const client = await ioClient(app, '/admin');
    const message = once(client as never, 'said');
    client.emit('say', { user: { id: 'root' } });
    await message;
    client.close();
    expect(inputs()[0]).toMatchObject({ subject: { id: 'ann' } });
  });

  it('aborts the decision when the client disconnects, but not after an event named "close"', async () => {
    const waiting = new WaitingEngine();
    await start('socket.io', { engine: waiting });
    const client = await ioClient(app, '/admin');
    client.emit('say', 1);
    await waiting.queried;
    client.emit('close');
    expect(await client.emitWithAck('ping')).toBe('pong');
    expect(waiting.aborts).toBe(0);
    client.disconnect();
    await waiting.aborted;
    expect(waiting.aborts).toBe(1);
    expect(ran).toEqual([]);
  });
});

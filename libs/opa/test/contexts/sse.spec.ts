import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication, MessageEvent } from '@nestjs/common';
import { Controller, Sse, UseGuards, UseInterceptors } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaError, OpaGuard, OpaInterceptor, OpaModule, OpaPolicy } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import type { Server, ServerResponse } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import { finalize, from, map, NEVER, Observable, of, range, startWith, Subject, tap } from 'rxjs';
import { allEvents, eventsOf } from './support/event-stream.js';
import { WaitingEngine } from './support/waiting-engine.js';

/** What the handler of a test streams. */
let source: Observable<unknown>;

@Controller()
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor)
class Streams {
  @Sse('decided') @OpaPolicy('watch', { response: 'view' }) decided() {
    return source as Observable<MessageEvent>;
  }
  @Sse('plain') @OpaPolicy('watch') plain() {
    return source as Observable<MessageEvent>;
  }
}

// A fetch that is aborted leaves a connection behind that asks for nothing.
const close = { forceCloseConnections: true };
const adapters = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter(close) };

const order = (id: number): object => ({ id, email: 'ann@example.com' });
const mask = (path: string): object => ({
  allow: true,
  obligations: [{ type: 'mask', properties: { path } }],
});
const body = (input: unknown): unknown => (input as { response: { body: unknown } }).response.body;

describe.each(['Express', 'Fastify'] as const)('server-sent events on %s', (adapter) => {
  let engine: TestEngine;
  let app: INestApplication;
  let client: AbortController;

  const open = async (
    path = 'decided',
    options: OpaModuleOptions = {},
    watch: (server: Server) => void = () => undefined,
  ): Promise<Response> => {
    const imports = [OpaModule.forRoot({ engine, ...options })];
    const module = Test.createTestingModule({ imports, controllers: [Streams] });
    app = (await module.compile()).createNestApplication(adapters[adapter](), { logger: false, ...close });
    await app.listen(0, '127.0.0.1');
    watch(app.getHttpServer() as Server);
    return fetch(`${await app.getUrl()}/${path}`, { signal: client.signal });
  };

  beforeEach(() => {
    engine = new TestEngine({ watch: true, view: true });
    source = of(1);
    client = new AbortController();
  });
  afterEach(() => app.close());

  it('are decided event by event, and keep their ids, types and times', async () => {
    source = from([
      { data: order(1), id: 'a1', type: 'placed', retry: 500 },
      { data: 'ann@example.com', type: 'said' },
      order(3),
      'text',
    ]);
    const response = await open();
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(await allEvents(response)).toEqual([
      { event: 'placed', id: 'a1', retry: '500', data: JSON.stringify(order(1)) },
      { event: 'said', id: '1', data: 'ann@example.com' },
      { id: '3' },
      { id: '2', data: 'text' },
    ]);
    const [request, ...events] = engine.questions;
    expect(request?.policy).toBe('watch');
    expect(events.map(({ policy }) => policy)).toEqual(['view', 'view', 'view', 'view']);
    expect(events.map(({ input }) => (input as { response: unknown }).response)).toEqual([
      expect.objectContaining({
        status: 200,
        body: order(1),
        event: { id: 'a1', type: 'placed', retry: 500 },
      }),
      expect.objectContaining({ body: 'ann@example.com', event: { type: 'said' } }),
      expect.objectContaining({ body: null, event: { id: 3 } }),
      expect.objectContaining({ body: 'text', event: {} }),
    ]);
    expect(events[0]?.input).toMatchObject({ resource: { type: 'route', id: '/decided' } });
  });

  it('have the obligations of each event applied to that event only', async () => {
    source = from([1, 2, 3].map((id) => ({ data: order(id) })));
    engine.answer('view', (input: unknown) =>
      (body(input) as { id: number }).id === 2 ? mask('/email') : true,
    );
    expect((await allEvents(await open())).map(({ data }) => JSON.parse(data ?? '') as unknown)).toEqual([
      order(1),
      { id: 2, email: '***' },
      order(3),
    ]);
  });

  it.each([
    ['denied', { allow: false, reasons: ['no'] }, 'Forbidden by policy'],
    ['undefined', undefined, 'Forbidden by policy'],
    ['undecided', new OpaError('OPA_UNREACHABLE', 's3cret'), 'Authorization is not available'],
    [
      'allowed with a header',
      { allow: true, obligations: [{ type: 'header', properties: { name: 'x-a', value: 'b' } }] },
      'Forbidden by policy',
    ],
    ['to be masked, and no JSON', mask('/a'), 'The request could not be decided'],
  ])('end at an event that is %s', async (_name, answer, message) => {
    let over = false;
    source = NEVER.pipe(
      startWith('first', 'secret', 'third'),
      finalize(() => (over = true)),
    );
    engine.answer('view', (input: unknown) => (body(input) === 'secret' ? answer : true));
    expect(await allEvents(await open())).toEqual([
      { id: '1', data: 'first' },
      { event: 'error', id: '2', data: message },
    ]);
    expect(over).toBe(true);
    expect(engine.questions).toHaveLength(3);
  });

  it('get a plain 403 when the guard denies', async () => {
    engine.answer('watch', { allow: false, reasons: ['no'] });
    let subscribed = false;
    source = of(1).pipe(tap({ subscribe: () => (subscribed = true) }));
    const response = await open();
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ statusCode: 403, reasons: ['no'] });
    expect(subscribed).toBe(false);
  });

  it("are masked event by event by a mask of the request's policy", async () => {
    engine.answer('watch', mask('/email'));
    source = from([{ data: order(1), id: 'a' }, { data: order(2) }]);
    expect(await allEvents(await open('plain'))).toEqual([
      { id: 'a', data: '{"id":1,"email":"***"}' },
      { id: '1', data: '{"id":2,"email":"***"}' },
    ]);
    expect(engine.questions).toHaveLength(1);
  });

  it('are sent as they were decided, even if the handler changes an event afterwards', async () => {
    const data = { n: 0 };
    source = range(1, 3).pipe(
      map((n) => {
        data.n = n;
        return { data };
      }),
    );
    expect((await allEvents(await open())).map((event) => event.data)).toEqual([
      '{"n":1}',
      '{"n":2}',
      '{"n":3}',
    ]);
  });

  it('are decided one at a time, in order', async () => {
    let asking = 0;
    let most = 0;
    engine.answer('view', async () => {
      most = Math.max(most, (asking += 1));
      await new Promise(setImmediate);
      asking -= 1;
      return true;
    });
    source = range(1, 50);
    expect((await allEvents(await open())).map(({ data }) => Number(data))).toEqual(
      Array.from({ length: 50 }, (_, n) => n + 1),
    );
    expect(most).toBe(1);
  });

  it('end, and their source is stopped, when too many events wait for a decision', async () => {
    let emitted = 0;
    source = range(1, 1_000).pipe(
      map((n) => ({ data: 'x'.repeat(100_000), id: String(n) })),
      tap(() => (emitted += 1)),
    );
    const events = await allEvents(await open());
    expect(emitted).toBeLessThan(50);
    // Nest lets an error overtake what waits for the client.
    expect(events.slice(0, -1).map(({ id }) => Number(id))).toEqual(
      Array.from({ length: events.length - 1 }, (_, n) => n + 1),
    );
    expect(events.at(-1)).toMatchObject({ event: 'error', data: 'Authorization is not available' });
  });

  it('end their source when the client disconnects', async () => {
    let ended: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (ended = resolve));
    source = NEVER.pipe(startWith(1), finalize(ended));
    const events = eventsOf(await open());
    expect(await events.next()).toMatchObject({ value: { data: '1' } });
    client.abort();
    await over;
  });

  it('add a listener to the reply only while an event is decided', async () => {
    const events = new Subject<number>();
    source = events;
    let listeners = (): number => NaN;
    const watch = (server: Server): void =>
      void server.on('request', (_request, reply: ServerResponse) => {
        listeners = () => reply.listenerCount('close');
      });
    const response = eventsOf(await open('decided', {}, watch));
    const counts: number[] = [];
    for (let id = 0; id < 5; id += 1) {
      // Subscribed to a little after the response has begun.
      while (!events.observed) await after(1);
      events.next(id);
      await response.next();
      counts.push(listeners());
    }
    expect(counts).toEqual(Array<number>(5).fill(counts[0] ?? NaN));
    expect(counts[0]).not.toBeNaN();
  });

  it('abort the decision when the client disconnects', async () => {
    const waiting = new WaitingEngine('view');
    source = NEVER.pipe(startWith(1));
    await open('decided', { engine: waiting });
    await waiting.queried;
    client.abort();
    await waiting.aborted;
    expect(waiting.aborts).toBe(1);
  });
});

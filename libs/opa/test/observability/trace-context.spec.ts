import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingHttpHeaders } from 'node:http';
import type { OpaDecisionEvent, OpaModuleOptions, OpaRequestEvent } from 'nestjs-opa';
import { OpaGuard, OpaHttpService, OpaModule, OpaPolicy, OpaService, onOpaDecision } from 'nestjs-opa';
import type { TestServer } from '../support.js';
import { httpServer } from '../support.js';

@Controller()
@UseGuards(OpaGuard)
class AppController {
  @Get()
  @OpaPolicy('p')
  read(): string {
    return 'ok';
  }
}

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let app: INestApplication | undefined;
let opa: TestServer | undefined;
let received: IncomingHttpHeaders[] = [];

async function start(options: OpaModuleOptions = {}): Promise<string> {
  received = [];
  opa = await httpServer((request, response) => {
    received.push(request.headers);
    response.end('{"result":true}');
  });
  const module = await Test.createTestingModule({
    imports: [OpaModule.forRoot({ url: opa.url, audit: false, ...options })],
    controllers: [AppController],
  }).compile();
  app = module.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

afterEach(async () => {
  await app?.close();
  await opa?.close();
});

const sent = (): unknown => {
  const [{ traceparent, tracestate, baggage } = {}] = received;
  return { traceparent, tracestate, baggage };
};

describe('the trace context of a request', () => {
  it.each([
    ['whole', { traceparent: TRACEPARENT, tracestate: 'a=1', baggage: 'user=ann' }, undefined],
    ['without a state', { traceparent: TRACEPARENT }, undefined],
    ['as baggage alone', { baggage: 'user=ann' }, undefined],
    ['with a state alone', { tracestate: 'a=1' }, {}],
    ['with a malformed parent', { traceparent: '00-xyz', tracestate: 'a=1' }, {}],
    ['with the invalid version ff', { traceparent: TRACEPARENT.replace('00-', 'ff-') }, {}],
    ['with a trace id of zeros', { traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` }, {}],
    ['with baggage that is too long', { baggage: 'a'.repeat(8_193) }, {}],
  ])('goes to OPA %s', async (_name, headers, expected) => {
    const url = await start();
    expect((await fetch(url, { headers })).status).toBe(200);
    const none = { traceparent: undefined, tracestate: undefined, baggage: undefined };
    expect(sent()).toEqual({ ...none, ...(expected ?? headers) });
  });

  it('goes to OPA through the interceptors of axios and with a credential', async () => {
    const url = await start({ token: 'secret' });
    app?.get(OpaHttpService).axiosRef.interceptors.request.use((config) => config);
    await fetch(url, { headers: { traceparent: TRACEPARENT } });
    expect(received[0]).toMatchObject({ traceparent: TRACEPARENT, authorization: 'Bearer secret' });
  });

  it('of the first caller goes to OPA when several callers share a request', async () => {
    await start({ coalesce: true });
    const service = app?.get(OpaService);
    const decide = (traceparent: string): unknown =>
      service?.decide({ policy: 'p', input: 1, origin: { traceHeaders: { traceparent } } });
    await Promise.all([decide(TRACEPARENT), decide('00-second')]);
    expect(received.map(({ traceparent }) => traceparent)).toEqual([TRACEPARENT]);
  });
});

describe('the timings of a decision event', () => {
  it.each([
    ['the pool', false],
    ['axios', true],
  ])('add up to the time of a decision through %s', async (_name, viaAxios) => {
    await start({ token: () => 'secret' });
    if (viaAxios) app?.get(OpaHttpService).axiosRef.interceptors.request.use((config) => config);
    const events: OpaDecisionEvent[] = [];
    const stop = onOpaDecision((event) => events.push(event));
    await app?.get(OpaService).decide({ policy: 'p', input: {} });
    stop();
    const { timings, durationMs = 0 } = events[0] ?? {};
    expect(Object.keys(timings ?? {})).toEqual(['credential', 'axios', 'queue', 'connect', 'opa']);
    const sum = Object.values(timings ?? {}).reduce((total: number, ms: number) => total + ms, 0);
    expect(timings?.opa).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual(durationMs);
  });
});

describe('the channel of requests to OPA', () => {
  const listen = (on: string, listener: (event: OpaRequestEvent) => void): (() => void) => {
    const call = (event: unknown): void => listener(event as OpaRequestEvent);
    subscribe(`tracing:opa.request:${on}`, call);
    return () => void unsubscribe(`tracing:opa.request:${on}`, call);
  };

  it('lets a listener replace the trace context and choose the async context', async () => {
    await start();
    const ended: OpaRequestEvent[] = [];
    let calls = 0;
    const stops = [
      listen('start', (event) => {
        event.traceHeaders = { traceparent: TRACEPARENT };
        event.send = (request) => {
          calls += 1;
          return request();
        };
      }),
      listen('asyncEnd', (event) => ended.push(event)),
    ];
    await app?.get(OpaService).decide({ policy: 'p', input: {} });
    for (const stop of stops) stop();
    expect(sent()).toMatchObject({ traceparent: TRACEPARENT });
    expect(calls).toBe(1);
    expect(ended).toMatchObject([{ method: 'POST', url: opa?.url, path: '/v1/data/p', status: 200 }]);
  });

  it('publishes failures', async () => {
    await start({ retry: false });
    await opa?.close();
    const failed: OpaRequestEvent[] = [];
    const stop = listen('error', (event) => failed.push(event));
    await expect(app?.get(OpaService).decide({ policy: 'p', input: {} })).rejects.toMatchObject({
      code: 'OPA_UNREACHABLE',
    });
    stop();
    expect(failed).toMatchObject([{ error: { code: 'OPA_UNREACHABLE' } }]);
    expect(failed[0]?.status).toBeUndefined();
  });
});

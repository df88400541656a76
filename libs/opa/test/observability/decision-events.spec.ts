import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { OpaDecisionEvent, OpaModuleOptions } from 'nestjs-opa';
import { getOpaToken, OpaModule, OpaService } from 'nestjs-opa';
import { ADAPTERS, newAdapter } from '../support/app.js';
import type { Adapter } from '../support/app.js';
import { CASES, TRACE_ID } from './cases.table.js';
import { engine, Listener, OrdersController } from './orders.app.js';

const TRACEPARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;

let app: INestApplication | undefined;

async function start(options: OpaModuleOptions, adapter: Adapter = 'express'): Promise<string> {
  const module = await Test.createTestingModule({
    imports: [OpaModule.forRoot({ audit: false, ...options })],
    controllers: [OrdersController],
    providers: [Listener],
  }).compile();
  app = module.createNestApplication(newAdapter(adapter), { logger: false });
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

const get = (url: string): Promise<Response> =>
  fetch(url, { headers: { traceparent: TRACEPARENT, 'x-request-id': 'r-1' } });

const events = (): readonly OpaDecisionEvent[] => app?.get(Listener).events ?? [];

beforeEach(() => void Logger.overrideLogger(false));
afterEach(async () => app?.close());

describe('a decision event', () => {
  describe.each(ADAPTERS)('on %s', (adapter) => {
    it.each(Object.entries(CASES))('describes %s', async (_name, { path, options, status, event }) => {
      const url = await start({ engine: engine(), ...options }, adapter);
      expect((await get(`${url}/orders/${path}`)).status).toBe(status);
      const last = events().at(-1);
      expect(events()).toHaveLength(path === 'viewed' ? 2 : 1);
      expect(
        Object.fromEntries(Object.keys(event).map((key) => [key, last?.[key as keyof OpaDecisionEvent]])),
      ).toEqual(
        event.errorCode === undefined && 'errorCode' in event ? { ...event, errorCode: undefined } : event,
      );
      expect(last).toMatchObject({
        isDone: true,
        durationMs: expect.any(Number),
        instance: '',
        decisionId: expect.stringMatching(/^[\da-f-]{36}$/),
      });
    });
  });

  it('comes from no exception of the application', async () => {
    const url = await start({ engine: engine() });
    expect((await get(`${url}/orders/not-found`)).status).toBe(404);
    expect(events()).toEqual([]);
  });

  it('gives the input and the result by reference, and the input as the engine got it', async () => {
    await start({ engine: engine() });
    const input = { subject: { id: 7 } };
    const decision = await app?.get(OpaService).decide({ policy: 'allow', input });
    const [event] = events();
    expect(event?.input).toBe(input);
    expect(event?.result).toBe(decision?.result);
    expect(event?.inputJson).toBe('{"subject":{"id":7}}');
    expect(event?.subject).toEqual({ id: '7' });
  });

  it('tells cached and coalesced decisions', async () => {
    await start({ engine: engine(), cache: { max: 10, allowTtl: 60_000, denyTtl: 60_000 }, coalesce: true });
    const opa = app?.get(OpaService);
    const decide = (): Promise<unknown> =>
      opa?.decide({ policy: 'deny', input: 1 }) ?? Promise.reject(new Error());
    await Promise.all([decide(), decide()]);
    await decide();
    expect(events().map(({ cached, isAsync, outcome }) => [cached, isAsync, outcome])).toEqual([
      [false, true, 'deny'],
      [false, true, 'deny'],
      [true, false, 'deny'],
    ]);
  });

  it('carries the name of the module instance', async () => {
    const module = await Test.createTestingModule({
      imports: [OpaModule.forRoot({ name: 'billing', engine: engine(), audit: false })],
      providers: [Listener, { provide: 'alias', useExisting: Listener }],
    }).compile();
    app = module.createNestApplication({ logger: false });
    await app.init();
    const opa = app.get<OpaService>(getOpaToken('billing'), { strict: false });
    await opa.decide({ policy: 'allow', input: {} });
    expect(events().map(({ instance }) => instance)).toEqual(['billing']);
  });
});

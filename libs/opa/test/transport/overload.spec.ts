import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { ServerResponse } from 'node:http';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaHttpService, OpaModule, OpaService } from 'nestjs-opa';
import type { OpaServer } from 'nestjs-opa/testing';
import { startOpa } from 'nestjs-opa/testing';
import { settles } from '../faults/support/leftovers.js';
import { cleanUp, closing } from '../resilience/support.js';
import { httpServer } from '../support.js';
import { createAuthority } from '../support/certificates.js';
import { startTlsOpa } from '../support/tls-opa.js';
import { endOf } from './support.js';

// What this process brings upon itself, or a flood upon it, is not OPA's absence: a fallback must not follow.

afterEach(cleanUp);

async function start(options: OpaModuleOptions): Promise<INestApplicationContext> {
  const opa = OpaModule.forRoot({ policy: 'a/b', onUnavailable: 'allow', retry: false, ...options });
  const module = { module: class App {}, imports: [opa] };
  return closing(await NestFactory.createApplicationContext(module, { logger: false }));
}

function standStill(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

describe('an event loop that is blocked until the deadline has passed', () => {
  let real: OpaServer;
  beforeAll(async () => {
    real = await startOpa({ rego: 'package a\nb := false' });
  });
  afterAll(() => real.stop());

  it.each([
    ['asks OPA alone', false, false],
    ['shares its questions', true, false],
    ['asks through an interceptor', false, true],
  ])('still reads a response that has arrived, where OPA %s', async (_how, coalesce, intercepted) => {
    const app = await start({ url: real.url, timeout: 1_000, coalesce });
    const opa = app.get(OpaService);
    if (intercepted) app.get(OpaHttpService).axiosRef.interceptors.request.use((config) => config);
    // Each over a socket that is there already.
    await Promise.all([0, 1, 2].map((input) => opa.decide({ input, timeout: 10_000 })));
    const decisions = [1, 1, 1].map((input) => endOf(opa.decide({ input })));
    for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
    standStill(1_500);
    expect(await Promise.all(decisions)).toEqual(['deny', 'deny', 'deny']);
    expect(opa.stats().breaker).toBe('closed');
  });

  it('does not abort a TLS handshake that it delayed', async () => {
    const authority = await createAuthority('ours');
    const secure = await startTlsOpa(await authority.issue('opa'));
    closing({ close: () => secure.stop() });
    const app = await start({ url: secure.url, timeout: 10_000, tls: { ca: authority.cert } });
    const decision = endOf(app.get(OpaService).decide({ input: { n: -1 } }));
    await new Promise(setImmediate);
    standStill(500);
    expect(await decision).toBe('undefined');
  });

  it.each([
    ['that are there', true, 'all of', 600],
    ['that are there', true, 'most of', 380],
    ['yet to be opened', false, 'all of', 600],
    ['yet to be opened', false, 'most of', 380],
  ])(
    'is not reported as an outage, with sockets %s (%p), when it was blocked for %s the time',
    async (...row) => {
      const [, warm, , ms] = row;
      const later = (response: ServerResponse) => void setTimeout(() => response.end('{"result":false}'), 30);
      const { url } = closing(await httpServer((_request, response) => later(response)));
      const opa = (await start({ url, circuitBreaker: false })).get(OpaService);
      const all = (timeout: number): Promise<unknown>[] =>
        Array.from({ length: 20 }, () => endOf(opa.decide({ input: 1, timeout })));
      if (warm) await Promise.all(all(10_000));
      const decisions = all(400);
      standStill(ms);
      expect(await Promise.all(decisions)).not.toContain('fail-open');
    },
  );
});

describe('a decision that waited for its socket', () => {
  /** One socket, taken by a first decision for some time; then the second one has it, and OPA answers no more. */
  async function second(timeout: number, waits: number): Promise<unknown> {
    const responses: ServerResponse[] = [];
    const { url } = closing(await httpServer((_request, response) => void responses.push(response)));
    const opa = (await start({ url, pool: { maxSockets: 1 } })).get(OpaService);
    const first = opa.decide({ input: 1, timeout: 10_000 });
    const waiting = endOf(opa.decide({ input: 2, timeout }));
    await settles(() => responses.length, 1);
    await new Promise((resolve) => setTimeout(resolve, waits));
    responses[0]?.end('{"result":true}');
    await first;
    return waiting;
  }

  it('is an overload when the wait took most of its time, so that a flood does not lead to fail-open', async () => {
    expect(await second(500, 300)).toBe('OPA_OVERLOADED');
  });

  it('is a timeout when OPA had most of the time, and the fallback applies', async () => {
    expect(await second(2_000, 0)).toBe('fail-open');
  });
});

describe('a decision with an asynchronous cache store', () => {
  it.each([
    ['was blocked for most of the time during the lookup', 600, 'OPA_OVERLOADED', 0],
    ['was free', 0, 'fail-open', 1],
  ])('whose OPA never responds: the event loop %s', async (_what, ms, end, requests) => {
    let received = 0;
    const { url } = closing(await httpServer(() => void (received += 1)));
    const store = {
      get: () => new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined))),
      set: () => undefined,
      clear: () => undefined,
    };
    const cache = { max: 10, allowTtl: 1_000, denyTtl: 1_000, store };
    const opa = (await start({ url, timeout: 1_000, cache })).get(OpaService);
    const decision = endOf(opa.decide({ input: 1 }));
    standStill(ms);
    expect([await decision, received]).toEqual([end, requests]);
    expect(opa.stats().breaker).toBe('closed');
  });
});

it("a decision that waits in the agent's own queue is an overload", async () => {
  const { url } = closing(await httpServer(() => undefined));
  const app = await start({ url, timeout: 100, pool: { maxSockets: 1 } });
  const { axiosRef } = app.get(OpaHttpService);
  const strays = [1, 2].map((n) => axiosRef.get(`${url}/${n}`, { timeout: 5_000 }).catch(() => undefined));
  await settles(() => app.get(OpaService).stats().sockets.inUse, 2);
  expect(await endOf(app.get(OpaService).decide({ input: 1 }))).toBe('OPA_OVERLOADED');
  await app.close();
  await Promise.all(strays);
});

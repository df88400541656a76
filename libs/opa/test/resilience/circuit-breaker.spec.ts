import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { OpaModuleOptions, OpaQuery, OpaService } from 'nestjs-opa';
import { OpaError } from 'nestjs-opa';
import { eventually } from '../support/eventually.js';
import { ignoreStalls } from '../support/stalls.js';
import type { Step } from './support.js';
import { cleanUp, fakeClock, gate, scripted, start, healthy } from './support.js';

ignoreStalls();
afterEach(cleanUp);

const codeOf = (opa: OpaService): Promise<string> =>
  opa.decide({ input: 1 }).then(
    ({ outcome }) => outcome,
    (error: unknown) => (error as { code: string }).code,
  );

async function ask(opa: OpaService, times: number): Promise<string[]> {
  const codes: string[] = [];
  for (let i = 0; i < times; i += 1) codes.push(await codeOf(opa));
  return codes;
}

/** Returns a token function that throws once, after `after` successful calls. */
function throwing(after: number): () => string {
  let calls = 0;
  return () => {
    calls += 1;
    if (calls === after + 1) throw new Error('no token');
    return 't';
  };
}

const failing = (times: number): 503[] => Array.from({ length: times }, () => 503);

describe('the circuit breaker', () => {
  it('opens after half of 20 decisions have failed, and then sends OPA no queries', async () => {
    const server = await scripted(...Array.from({ length: 10 }, () => healthy), ...failing(11));
    const opa = await start({ url: server.url, retry: false });
    await ask(opa, 19);
    expect(opa.stats().breaker).toBe('closed');
    expect(await ask(opa, 3)).toEqual(['OPA_UNREACHABLE', 'OPA_CIRCUIT_OPEN', 'OPA_CIRCUIT_OPEN']);
    expect(opa.stats().breaker).toBe('open');
    expect(server.queries()).toBe(20);
  });

  it('opens when OPA times out', async () => {
    const server = await scripted(() => undefined);
    const opa = await start({ url: server.url, timeout: 500, circuitBreaker: { minimumCalls: 3 } });
    expect(await ask(opa, 4)).toEqual(['OPA_TIMEOUT', 'OPA_TIMEOUT', 'OPA_TIMEOUT', 'OPA_CIRCUIT_OPEN']);
  });

  it('uses the configured threshold, minimumCalls, duration and halfOpenAfter', async () => {
    const clock = fakeClock();
    const circuitBreaker = { minimumCalls: 4, threshold: 0.75, duration: 1_000, halfOpenAfter: 5_000 };
    const server = await scripted(healthy, healthy, 503, 503, 503, 503, 503, 503, healthy);
    const opa = await start({ url: server.url, retry: false, circuitBreaker });
    await ask(opa, 4);
    // Half of the decisions have failed; after 1.1 s those failures no longer count.
    expect(opa.stats().breaker).toBe('closed');
    clock.pass(1_100);
    await ask(opa, 3);
    expect(opa.stats().breaker).toBe('closed');
    await ask(opa, 1);
    expect(opa.stats().breaker).toBe('open');
    clock.pass(4_900);
    expect(await codeOf(opa)).toBe('OPA_CIRCUIT_OPEN');
    clock.pass(200);
    expect(await codeOf(opa)).toBe('allow');
  });

  it('forgets failures that are older than `duration`', async () => {
    const clock = fakeClock();
    const server = await scripted(503);
    const opa = await start({ url: server.url, retry: false });
    await ask(opa, 19);
    clock.pass(11_000);
    await ask(opa, 19);
    expect(opa.stats().breaker).toBe('closed');
    await ask(opa, 1);
    expect(opa.stats().breaker).toBe('open');
  });

  it.each([
    [500, 'OPA_POLICY_ERROR'],
    [429, 'OPA_OVERLOADED'],
    [401, 'OPA_UNAUTHORIZED'],
    [404, 'OPA_BAD_ANSWER'],
  ] as const)('does not count status %d as a failure', async (status, code) => {
    const server = await scripted(status);
    const opa = await start({ url: server.url, retry: false });
    expect(new Set(await ask(opa, 25))).toEqual(new Set([code]));
    expect(opa.stats().breaker).toBe('closed');
  });

  it.each<[name: string, step: Step]>([
    ['500', 500],
    ['429', 429],
    ['401', 401],
    ['404', 404],
    ['a malformed body', (_request, response) => response.end('no')],
  ])('counts %s as a response of OPA, so that later failures weigh less', async (_name, step) => {
    const server = await scripted(...Array.from({ length: 30 }, () => step), 503);
    const opa = await start({ url: server.url, retry: false });
    await ask(opa, 59);
    expect(opa.stats().breaker).toBe('closed');
    await ask(opa, 1);
    expect(opa.stats().breaker).toBe('open');
  });

  it.each<[name: string, question: OpaQuery]>([
    ['that its caller has aborted', { input: 1, signal: AbortSignal.abort() }],
    ['whose input JSON cannot hold', { input: 1n }],
  ])('does not count a query %s', async (_name, question) => {
    const server = await scripted(503);
    const opa = await start({ url: server.url, retry: false });
    await ask(opa, 19);
    for (let i = 0; i < 25; i += 1) await opa.decide(question).catch(() => undefined);
    expect(opa.stats().breaker).toBe('closed');
    await ask(opa, 1);
    expect(opa.stats().breaker).toBe('open');
    expect(server.queries()).toBe(20);
  });

  it.each([[200], [500], [429]])('starts with empty counts after status %d has closed it', async (status) => {
    const clock = fakeClock();
    const server = await scripted(...failing(20), status === 200 ? healthy : status, 503);
    const opa = await start({ url: server.url, retry: false });
    await ask(opa, 20);
    clock.pass(1_001);
    await ask(opa, 19);
    expect(opa.stats().breaker).toBe('closed');
    await ask(opa, 1);
    expect(opa.stats().breaker).toBe('open');
  });

  it('does not count late failures of decisions that began before it closed', async () => {
    const clock = fakeClock();
    const old = gate(503);
    const hanging = Array.from({ length: 4 }, () => old.step);
    const server = await scripted(...hanging, 503, 503, healthy, 503);
    const circuitBreaker = { minimumCalls: 2 };
    const opa = await start({ url: server.url, retry: false, timeout: 15_000, circuitBreaker });
    const earlier = hanging.map(() => codeOf(opa));
    await eventually(() => Promise.resolve(server.queries()), hanging.length);
    await ask(opa, 2);
    clock.pass(1_001);
    expect(await codeOf(opa)).toBe('allow');
    old.open();
    expect(new Set(await Promise.all(earlier))).toEqual(new Set(['OPA_UNREACHABLE']));
    expect(opa.stats().breaker).toBe('closed');
    await ask(opa, 1);
    expect(opa.stats().breaker).toBe('open');
  });

  it('does not count decisions without a socket, because of a full queue or a passed deadline', async () => {
    const slow = gate();
    const server = await scripted(slow.step);
    const opa = await start({
      url: server.url,
      retry: false,
      timeout: 15_000,
      circuitBreaker: { minimumCalls: 5 },
      pool: { maxSockets: 1, maxPending: 10, connectTimeout: 10_000 },
    });
    const first = codeOf(opa);
    await slow.reached;
    const waiting = Array.from({ length: 10 }, () => opa.decide({ input: 1, timeout: 500 }));
    for (let i = 0; i < 10; i += 1) expect(await codeOf(opa)).toBe('OPA_OVERLOADED');
    for (const decision of waiting) await expect(decision).rejects.toMatchObject({ code: 'OPA_OVERLOADED' });
    expect(opa.stats().breaker).toBe('closed');
    slow.open();
    expect(await first).toBe('allow');
  });

  it('counts a decision once, however often it was retried', async () => {
    const server = await scripted(503);
    const retry = { retries: 3, minDelay: 0, maxDelay: 1 };
    const opa = await start({ url: server.url, retry, circuitBreaker: { minimumCalls: 3 } });
    await ask(opa, 2);
    expect(server.queries()).toBe(8);
    expect(opa.stats().breaker).toBe('closed');
    await ask(opa, 1);
    expect(opa.stats().breaker).toBe('open');
  });

  it('lets one trial through after a second and refuses all others at once', async () => {
    const clock = fakeClock();
    const trial = gate();
    const server = await scripted(...failing(20), trial.step, healthy);
    const opa = await start({ url: server.url, retry: false });
    await ask(opa, 20);
    clock.pass(1_001);
    const tried = codeOf(opa);
    await trial.reached;
    expect(opa.stats().breaker).toBe('half-open');
    expect(await codeOf(opa)).toBe('OPA_CIRCUIT_OPEN');
    trial.open();
    expect(await tried).toBe('allow');
    expect(opa.stats().breaker).toBe('closed');
    expect(await codeOf(opa)).toBe('allow');
  });

  it('stays open when the trial fails', async () => {
    const clock = fakeClock();
    const server = await scripted(503);
    const opa = await start({ url: server.url, retry: false });
    await ask(opa, 20);
    clock.pass(1_001);
    expect(await ask(opa, 2)).toEqual(['OPA_UNREACHABLE', 'OPA_CIRCUIT_OPEN']);
    expect(opa.stats().breaker).toBe('open');
  });

  it.each([
    ['closed', 200],
    ['open', 503],
  ] as const)('becomes %s by the result of a trial whose caller disconnected', async (...row) => {
    const [state, status] = row;
    const clock = fakeClock();
    const trial = gate(status);
    const server = await scripted(...failing(20), trial.step);
    const opa = await start({ url: server.url, retry: false, timeout: 15_000 });
    await ask(opa, 20);
    clock.pass(1_001);
    const caller = new AbortController();
    const aborted = opa.decide({ input: 1, signal: caller.signal });
    await trial.reached;
    caller.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'OPA_ABORTED' });
    expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
    expect(opa.stats().breaker).toBe('half-open');
    trial.open();
    await eventually<string>(() => Promise.resolve(opa.stats().breaker), state);
  });

  it('sends no trial for a caller that has already disconnected', async () => {
    const clock = fakeClock();
    const server = await scripted(...failing(20), healthy);
    const opa = await start({ url: server.url, retry: false });
    await ask(opa, 20);
    clock.pass(1_001);
    const aborted = opa.decide({ input: 1, signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ code: 'OPA_ABORTED' });
    expect(server.queries()).toBe(20);
    expect(await codeOf(opa)).toBe('allow');
  });

  it.each<[name: string, code: string, question: OpaQuery, options: OpaModuleOptions]>([
    ['an input that JSON cannot hold', 'OPA_BAD_INPUT', { input: 1n }, {}],
    ['no token', 'OPA_UNAUTHORIZED', { input: 1 }, { token: throwing(20) }],
  ])('lets the next decision be the trial when a trial has %s', async (_name, code, question, options) => {
    const clock = fakeClock();
    const server = await scripted(...failing(20), 503, healthy);
    const opa = await start({ url: server.url, retry: false, ...options });
    await ask(opa, 20);
    clock.pass(1_001);
    await expect(opa.decide(question)).rejects.toMatchObject({ code });
    expect(opa.stats().breaker).toBe('open');
    expect(await ask(opa, 2)).toEqual(['OPA_UNREACHABLE', 'OPA_CIRCUIT_OPEN']);
    clock.pass(1_001);
    expect(await codeOf(opa)).toBe('allow');
  });

  const alert = Object.assign(new Error('SSL alert number 45'), { code: 'ERR_SSL_SSLV3_ALERT' });
  it.each<[name: string, state: 'open' | 'closed', error: Error]>([
    ['the queue is full', 'open', new OpaError('OPA_OVERLOADED', 'full')],
    [
      'OPA refuses the client certificate',
      'closed',
      new OpaError('OPA_UNAUTHORIZED', 'expired', { cause: alert }),
    ],
    ['OPA does not speak HTTP', 'closed', new OpaError('OPA_BAD_ANSWER', 'garbage')],
    ['the engine throws', 'closed', new TypeError('bug')],
  ])('when %s during the trial, the circuit is %s', async (_name, state, error) => {
    const clock = fakeClock();
    const failures = [new OpaError('OPA_UNREACHABLE', 'gone'), error];
    const engine = { name: 'own', evaluate: () => Promise.reject(failures.shift() ?? error) };
    const opa = await start({ engine, circuitBreaker: { minimumCalls: 1 } });
    await ask(opa, 1);
    clock.pass(1_001);
    await ask(opa, 1);
    expect(opa.stats().breaker).toBe(state);
  });

  it("onUnavailable: 'allow' applies while the circuit is open", async () => {
    const server = await scripted(503);
    const opa = await start({ url: server.url, retry: false, onUnavailable: 'allow' });
    await ask(opa, 20);
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ allowed: true, degraded: 'fail-open' });
    expect(server.queries()).toBe(20);
  });

  it('circuitBreaker: false turns it off', async () => {
    const server = await scripted(503);
    const opa = await start({ url: server.url, retry: false, circuitBreaker: false });
    expect(new Set(await ask(opa, 30))).toEqual(new Set(['OPA_UNREACHABLE']));
    expect(opa.stats().breaker).toBe('off');
  });
});

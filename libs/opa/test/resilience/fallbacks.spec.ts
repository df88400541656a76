import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { OpaModuleOptions } from 'nestjs-opa';
import { buildBundle } from '../engines/support/opa.js';
import { httpServer } from '../support.js';
import { ignoreStalls } from '../support/stalls.js';
import type { Step } from './support.js';
import { cleanUp, fakeClock, gate, scripted, start, healthy } from './support.js';

ignoreStalls();

let bundle: string;
beforeAll(async () => {
  bundle = await buildBundle('package a\nb := {"allow": input.n > 0}', 'a/b');
});

let warned: () => string;
beforeEach(() => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  warned = () => warn.mock.calls.flat().join('\n');
});
afterEach(async () => {
  await cleanUp();
  jest.restoreAllMocks();
});

/** Asks once for each decision, and one at a time. */
const single: OpaModuleOptions = {
  retry: false,
  circuitBreaker: false,
  pool: { maxSockets: 1, maxPending: 0, connectTimeout: 1_000 },
};
const cache = { max: 10, allowTtl: 1_000, denyTtl: 1_000, staleTtl: 60_000 };

/** Each fallback: the options that choose it, and what it makes of an OPA that isn't there. */
const FALLBACKS: [name: string, options: () => OpaModuleOptions, made: object][] = [
  ['fail-open', () => ({ onUnavailable: 'allow' }), { outcome: 'unavailable', allowed: true, cached: false }],
  ['stale', () => ({ onUnavailable: 'stale', cache }), { outcome: 'allow', allowed: true, cached: true }],
  ['bundle', () => ({ bundle }), { outcome: 'allow', allowed: true, cached: false, engine: 'embedded' }],
];

const closedPort = async (): Promise<string> => {
  const server = await httpServer(() => undefined);
  await server.close();
  return server.url;
};

const opaWith = (step: Step) => async (): Promise<string> => (await scripted(healthy, step)).url;
const silent: Step = () => undefined;

describe.each(FALLBACKS)('the fallback %s', (degraded, options, expected) => {
  const question = { input: { n: 1 } };

  /** A module whose OPA has answered once, long enough ago that nothing of it is fresh. */
  async function opened(url: string, more: OpaModuleOptions = {}) {
    const clock = fakeClock();
    const opa = await start({ ...single, url, ...options(), ...more });
    await expect(opa.decide(question)).resolves.toMatchObject({ outcome: 'allow' });
    clock.pass(2_000);
    return opa;
  }

  it.each<[string, () => Promise<string>, number, string]>([
    ['503', opaWith(503), 5_000, 'OPA_UNREACHABLE'],
    ['a reset', opaWith('reset'), 5_000, 'OPA_UNREACHABLE'],
    ['silence', opaWith(silent), 500, 'OPA_TIMEOUT'],
  ])('applies to %s; the decision is marked, counted and logged', async (_name, url, timeout, code) => {
    const opa = await opened(await url());
    const decision = await opa.decide({ ...question, timeout });
    expect(decision).toMatchObject({ ...expected, degraded, policy: 'a/b' });
    expect(opa.stats().decisions).toMatchObject({ degraded: 1, error: 0 });
    expect(warned()).toContain('"a/b"');
    expect(warned()).toContain(code);
  });

  it('applies to a circuit that such failures opened', async () => {
    const opa = await opened(await opaWith(503)(), { circuitBreaker: { minimumCalls: 2 } });
    await opa.decide(question);
    await opa.decide(question);
    expect(opa.stats().breaker).toBe('open');
    await expect(opa.decide(question)).resolves.toMatchObject({ ...expected, degraded });
    expect(warned()).toContain('OPA_CIRCUIT_OPEN');
    expect(opa.stats().decisions.degraded).toBe(3);
  });

  it.each<[string, Step]>([
    ['OPA_OVERLOADED', 429],
    ['OPA_POLICY_ERROR', 500],
    ['OPA_UNAUTHORIZED', 401],
    ['OPA_UNAUTHORIZED', 403],
    ['OPA_BAD_ANSWER', 400],
    ['OPA_BAD_ANSWER', 404],
    ['OPA_BAD_ANSWER', 204],
    ['OPA_BAD_DECISION', { result: { allow: 'yes' } }],
  ])('never applies to %s: %j', async (code, step) => {
    const opa = await opened(await opaWith(step)());
    await expect(opa.decide(question)).rejects.toMatchObject({ code });
    expect(opa.stats().decisions).toMatchObject({ degraded: 0, error: 1 });
  });

  it('never applies to a full queue, a deadline that passes in the queue, or an input that is not JSON', async () => {
    const slow = gate();
    const opa = await opened((await scripted(healthy, slow.step)).url, {
      pool: { maxSockets: 1, maxPending: 1 },
      timeout: 10_000,
    });
    const first = opa.decide({ input: { n: 2 } });
    await slow.reached;
    const second = opa.decide({ ...question, timeout: 500 });
    await expect(opa.decide(question)).rejects.toMatchObject({ code: 'OPA_OVERLOADED' });
    await expect(second).rejects.toMatchObject({ code: 'OPA_OVERLOADED' });
    await expect(opa.decide({ input: { n: 1n } })).rejects.toMatchObject({ code: 'OPA_BAD_INPUT' });
    slow.open();
    await expect(first).resolves.toMatchObject({ outcome: 'allow' });
    expect(opa.stats().decisions).toMatchObject({ degraded: 0, error: 3 });
  });

  it('does not apply when the caller itself aborted the decision', async () => {
    const opa = await opened(await opaWith(silent)());
    const caller = new AbortController();
    const aborted = opa.decide({ ...question, signal: caller.signal });
    setImmediate(() => caller.abort());
    await expect(aborted).rejects.toMatchObject({ code: 'OPA_ABORTED' });
  });
});

describe('the fallback bundle', () => {
  it('decides by its own policy during an outage, denials included', async () => {
    const opa = await start({ ...single, url: await closedPort(), bundle });
    await expect(opa.decide({ input: { n: 0 } })).resolves.toMatchObject({
      outcome: 'deny',
      allowed: false,
      degraded: 'bundle',
      engine: 'embedded',
    });
  });

  it('is not cached as a decision of OPA', async () => {
    const { url } = await scripted(503, { result: false });
    const opa = await start({ ...single, url, bundle, cache });
    const ask = () => opa.decide({ input: { n: 1 } });
    await expect(ask()).resolves.toMatchObject({ outcome: 'allow', degraded: 'bundle' });
    await expect(ask()).resolves.toMatchObject({ outcome: 'deny', cached: false });
  });

  it('allows nothing when its policy is undefined or fails', async () => {
    const opa = await start({ ...single, url: await closedPort(), bundle });
    await expect(opa.decide({ policy: 'a/other', input: {} })).resolves.toMatchObject({ allowed: false });
  });
});

describe('a trial of the open circuit that OPA answers with 429', () => {
  it('closes the circuit, so that a flood cannot keep fail-open going', async () => {
    const clock = fakeClock();
    const server = await scripted(503, 503, 429);
    const opa = await start({
      ...single,
      url: server.url,
      circuitBreaker: { minimumCalls: 2 },
      onUnavailable: 'allow',
    });
    for (let i = 0; i < 2; i += 1) await opa.decide({ input: i });
    await expect(opa.decide({ input: 2 })).resolves.toMatchObject({ degraded: 'fail-open' });
    clock.pass(1_001);
    for (let i = 0; i < 3; i += 1) {
      await expect(opa.decide({ input: i })).rejects.toMatchObject({ code: 'OPA_OVERLOADED' });
    }
    expect(opa.stats().breaker).toBe('closed');
  });
});

describe('the option mode', () => {
  it('disabled allows everything and evaluates no policy', async () => {
    const server = await scripted(healthy);
    const opa = await start({ ...single, url: server.url, mode: 'disabled' });
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({
      outcome: 'allow',
      allowed: true,
      engine: 'disabled',
    });
    expect(server.opened()).toBe(0);
  });

  it.each<[string, Step, object]>([
    ['a denial', { result: false }, { outcome: 'deny', degraded: 'permissive' }],
    ['undefined', { nothing: true } as never, { outcome: 'undefined', degraded: 'permissive' }],
    ['an outage', 503, { outcome: 'unavailable', degraded: 'permissive' }],
    ['an overload', 429, { outcome: 'unavailable', degraded: 'permissive' }],
  ])('permissive lets %s pass, marks it, counts it and logs it', async (_name, step, outcome) => {
    const server = await scripted(step);
    const opa = await start({ ...single, url: server.url, mode: 'permissive' });
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ ...outcome, allowed: true });
    expect(opa.stats().decisions).toMatchObject({ degraded: 1, error: 0, allow: 0 });
    expect(warned()).toContain('"a/b"');
    expect(opa.permissiveReport()).toHaveLength(1);
  });

  it('permissive does not change an allow', async () => {
    const server = await scripted(healthy);
    const opa = await start({ ...single, url: server.url, mode: 'permissive' });
    const decision = await opa.decide({ input: 1 });
    expect(decision).toMatchObject({ outcome: 'allow', allowed: true });
    expect(decision).not.toHaveProperty('degraded');
  });
});

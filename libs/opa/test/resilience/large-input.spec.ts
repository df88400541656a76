import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaError, OpaHttpService, OpaModule, OpaService } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { buildBundle } from '../engines/support/opa.js';
import { ignoreStalls } from '../support/stalls.js';
import type { Step } from './support.js';
import { cleanUp, closing, fakeClock, scripted, start, healthy } from './support.js';

/** Larger, and not larger, than what may itself be why OPA is late. */
const LARGE = { n: 1, text: 'x'.repeat(64 * 1024) };
const SMALL = { n: 1, text: 'x'.repeat(64 * 1024 - 20) };

const silent: Step = () => undefined;
const SHORT = 500;
const single: OpaModuleOptions = { retry: false, circuitBreaker: false, pool: { connectTimeout: SHORT } };
const cache = { max: 10, allowTtl: 1_000, denyTtl: 1_000, staleTtl: 60_000 };

ignoreStalls();

let bundle: string;
beforeAll(async () => {
  bundle = await buildBundle('package a\nb := {"allow": input.n > 0}', 'a/b');
});

beforeEach(() => void jest.spyOn(Logger.prototype, 'warn').mockReturnValue());
afterEach(async () => {
  await cleanUp();
  jest.restoreAllMocks();
});

/** Each door: the options that make it, coalescing and retries beside it. */
const DOORS: [name: string, options: () => OpaModuleOptions][] = [
  ['fail-open', () => ({ onUnavailable: 'allow' })],
  ['stale', () => ({ onUnavailable: 'stale', cache })],
  ['bundle', () => ({ bundle })],
  ['fail-open', () => ({ onUnavailable: 'allow', coalesce: true, retry: {}, circuitBreaker: {} })],
];

const STEPS: [name: string, step: Step][] = [
  ['an OPA that is silent', silent],
  ['a proxy’s 504', 504],
  ['a proxy’s 502', 502],
  ['a connection that is broken off', 'reset'],
];

describe.each(DOORS)('%s', (degraded, options) => {
  describe.each(STEPS)('with %s', (_name, step) => {
    it.each([
      ['opens no door for a large input', LARGE, undefined],
      ['follows a small one', SMALL, degraded],
    ])('%s', async (_case, input, expected) => {
      const clock = fakeClock();
      const server = await scripted(healthy, step);
      const opa = await start({ ...single, url: server.url, ...options() });
      await opa.decide({ input });
      clock.pass(2_000);
      const decision = opa.decide({ input, timeout: SHORT });
      if (expected !== undefined) {
        await expect(decision).resolves.toMatchObject({ degraded: expected });
        return;
      }
      await expect(decision).rejects.toMatchObject({ noFallback: true });
      await expect(decision).rejects.toThrow('The input is above 65536 bytes and may be the reason');
      expect(opa.stats().decisions).toMatchObject({ degraded: 0, error: 1 });
    });
  });
});

describe('timeouts of large inputs', () => {
  it('do not lead to fail-open when queries go through axios', async () => {
    const { url } = await scripted(silent);
    const options: OpaModuleOptions = { ...single, url, policy: 'a/b', onUnavailable: 'allow' };
    const module = { module: class App {}, imports: [OpaModule.forRoot(options)] };
    const app = closing(await NestFactory.createApplicationContext(module, { logger: false }));
    const opa = app.get(OpaService);
    const http = app.get(OpaHttpService);
    http.axiosRef.interceptors.request.use((config) => config);
    await expect(opa.decide({ input: LARGE, timeout: SHORT })).rejects.toMatchObject({ code: 'OPA_TIMEOUT' });
    await expect(opa.decide({ input: SMALL, timeout: SHORT })).resolves.toMatchObject({
      degraded: 'fail-open',
    });
  });

  it('do not lead to fail-open with an engine of the user', async () => {
    const engine = new TestEngine({ 'a/b': new OpaError('OPA_TIMEOUT', 'late') });
    const opa = await start({ engine, onUnavailable: 'allow' });
    await expect(opa.decide({ input: LARGE })).rejects.toMatchObject({ code: 'OPA_TIMEOUT' });
    await expect(opa.decide({ input: SMALL })).resolves.toMatchObject({ degraded: 'fail-open' });
  });

  it('do not lead to fail-open for a filter, nor for a masked list', async () => {
    const { url } = await scripted(silent);
    const opa = await start({ ...single, url, onUnavailable: 'allow', timeout: SHORT });
    await expect(opa.filter([LARGE])).rejects.toMatchObject({ code: 'OPA_TIMEOUT' });
    await expect(opa.filter([1])).resolves.toEqual([1]);
    const shown = opa.show({ input: LARGE }, (document) => document);
    await expect(shown).rejects.toMatchObject({ code: 'OPA_TIMEOUT' });
  });

  it('do not open the circuit, so that other callers do not fail open', async () => {
    const { url } = await scripted(silent);
    const opa = await start({ ...single, url, circuitBreaker: { minimumCalls: 2 }, timeout: SHORT });
    for (let i = 0; i < 3; i += 1)
      await expect(opa.decide({ input: LARGE })).rejects.toMatchObject({ code: 'OPA_TIMEOUT' });
    expect(opa.stats().breaker).toBe('closed');
    for (let i = 0; i < 2; i += 1)
      await expect(opa.decide({ input: SMALL })).rejects.toMatchObject({ code: 'OPA_TIMEOUT' });
    expect(opa.stats().breaker).toBe('open');
  });

  it('mark no OPA as unhealthy; the next OPA is queried, and its outage does not lead to fail-open', async () => {
    const slow = await scripted(silent);
    const other = await scripted(healthy, 503);
    const opa = await start({ ...single, url: [slow.url, other.url], onUnavailable: 'allow' });
    await expect(opa.decide({ input: LARGE, timeout: 2 * SHORT })).resolves.toMatchObject({
      outcome: 'allow',
    });
    await expect(opa.decide({ input: LARGE, timeout: 2 * SHORT })).rejects.toMatchObject({
      noFallback: true,
    });
    expect([slow.queries(), other.queries()]).toEqual([2, 2]);
  });

  it('tell nothing about an OPA behind an open circuit: a small input makes the trial', async () => {
    const clock = fakeClock();
    const bySize: Step = (request, response) => {
      if (Number(request.headers['content-length']) < LARGE.text.length) response.end('{"result":true}');
    };
    const { url } = await scripted('reset', bySize);
    const options: OpaModuleOptions = { ...single, url, onUnavailable: 'allow' };
    const opa = await start({ ...options, circuitBreaker: { minimumCalls: 1, halfOpenAfter: 1_000 } });
    await opa.decide({ input: { n: 1 } });
    clock.pass(1_001);
    const large = opa.decide({ input: LARGE, timeout: SHORT }).catch((error: unknown) => error);
    const small = await opa.decide({ input: { n: 1 } });
    expect([small.outcome, await large]).toMatchObject(['allow', { code: 'OPA_TIMEOUT' }]);
  });

  it('close an open circuit when OPA responds', async () => {
    const clock = fakeClock();
    const { url } = await scripted('reset', healthy);
    const opa = await start({ ...single, url, circuitBreaker: { minimumCalls: 1, halfOpenAfter: 1_000 } });
    await expect(opa.decide({ input: { n: 1 } })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
    clock.pass(1_001);
    await expect(opa.decide({ input: LARGE })).resolves.toMatchObject({ allowed: true });
    expect(opa.stats().breaker).toBe('closed');
  });
});

import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { setTimeout as after } from 'node:timers/promises';
import type { OpaModuleOptions, PolicyEngine } from 'nestjs-opa';
import { settles } from '../faults/support/leftovers.js';
import { cleanUp, closing, scripted, start, healthy } from '../resilience/support.js';
import { httpServer, tcpServer } from '../support.js';
import { hangingFile } from '../support/hanging-file.js';
import { ignoreStalls } from '../support/stalls.js';

ignoreStalls();
afterEach(async () => {
  await cleanUp();
  jest.restoreAllMocks();
});

/** Far more time for each part of a decision than for the whole of it. */
const single: OpaModuleOptions = { retry: false, circuitBreaker: false, timeout: 60_000 };
const never = () => new Promise<never>(() => undefined);

/** So long that a busy machine connects, and asks OPA, within half of it. In milliseconds. */
const TIMEOUT_MS = 1_000;

/** What takes too long, and the code that the decision is rejected with. */
const PARTS: [part: string, code: string, options: () => Promise<OpaModuleOptions>][] = [
  [
    'the token function',
    'OPA_UNAUTHORIZED',
    async () => ({ url: (await scripted(healthy)).url, token: never }),
  ],
  [
    'the token function, asked again after a 401',
    'OPA_UNAUTHORIZED',
    async () => ({
      url: (await scripted(401)).url,
      // Most of the time is over by then: a second wait as long as the first would be too long.
      token: ({ refused }) => (refused ? never() : after(600, 'old')),
    }),
  ],
  [
    'the files of the TLS identity',
    'OPA_UNAUTHORIZED',
    async () => ({ url: (await scripted(healthy)).url, tls: { ca: await hangingFile() } }),
  ],
  [
    'the TLS handshake',
    'OPA_TIMEOUT',
    async () => ({
      url: closing(await tcpServer(() => undefined)).url.replace('http', 'https'),
      pool: { connectTimeout: 60_000 },
    }),
  ],
  ['the first byte', 'OPA_TIMEOUT', async () => ({ url: closing(await httpServer(() => undefined)).url })],
  [
    'the body',
    'OPA_TIMEOUT',
    async () => ({
      url: (await scripted((_request, response) => void response.write('{"result":'))).url,
    }),
  ],
  [
    'tries that each fail in time',
    'OPA_UNREACHABLE',
    async () => ({
      url: (await scripted(503)).url,
      retry: { retries: 1_000_000, minDelay: 60, maxDelay: 60 },
    }),
  ],
  [
    'several OPAs in turn',
    'OPA_TIMEOUT',
    async () => {
      const urls = [1, 2, 3].map(async () => closing(await httpServer(() => undefined)).url);
      return { url: await Promise.all(urls) };
    },
  ],
  [
    "an engine of the user's own",
    'OPA_TIMEOUT',
    async () => Promise.resolve({ engine: { name: 'own', evaluate: never } }),
  ],
];

/**
 * Fails when a decision is still under way after twice its time: by a timer of the same event loop, which however busy the
 * machine is comes after the decision's own, and some turns later.
 */
async function inTime<T>(timeout: number, decided: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = after(2 * timeout, undefined, { signal: over.signal }).then(async () => {
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    throw new Error(`still under way after ${2 * timeout} ms`);
  });
  late.catch(() => undefined);
  return Promise.race([decided, late]).finally(() => over.abort());
}

describe('the deadline of a decision', () => {
  it.each(PARTS)('holds for %s: %s', async (_part, code, options) => {
    const opa = await start({ ...single, ...(await options()) });
    const decided = inTime(TIMEOUT_MS, opa.decide({ input: 1, timeout: TIMEOUT_MS }));
    await expect(decided).rejects.toMatchObject({ code });
    await settles(() => opa.stats().sockets.inUse, 0);
    expect(opa.stats().waiting).toBe(0);
  });

  it.each(PARTS)(
    'does not keep the decision waiting once the caller has disconnected: %s',
    async (_part, _code, options) => {
      const opa = await start({ ...single, ...(await options()) });
      const caller = new AbortController();
      const decision = opa.decide({ input: 1, signal: caller.signal });
      const ended = expect(decision).rejects.toMatchObject({ code: 'OPA_ABORTED' });
      setTimeout(() => caller.abort(new Error('gone')), 30);
      await ended;
      await settles(() => opa.stats().sockets.inUse, 0);
    },
  );

  it('aborts the signal that an engine of the user receives, beside the signal of the caller', async () => {
    let aborted: Promise<unknown> | undefined;
    const engine: PolicyEngine = {
      name: 'own',
      evaluate: (_query, { signal }) => {
        aborted = new Promise((resolve) => signal?.addEventListener('abort', () => resolve(signal.aborted)));
        return never();
      },
    };
    const opa = await start({ ...single, engine });
    const { signal } = new AbortController();
    await expect(opa.decide({ input: 1, timeout: 500, signal })).rejects.toMatchObject({
      code: 'OPA_TIMEOUT',
    });
    await expect(aborted).resolves.toBe(true);
  });

  it("adds one listener to the caller's signal for many decisions, and removes the listener afterwards", async () => {
    const opa = await start({ ...single, engine: { name: 'own', evaluate: never } });
    const caller = new AbortController();
    const decided = [1, 2, 3].map((input) => opa.decide({ input, signal: caller.signal }));
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(1);
    caller.abort();
    await Promise.allSettled(decided);
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
  });

  it('is not reported as a timeout of OPA when there was no time to query OPA', async () => {
    const server = await scripted(healthy);
    const opa = await start({ ...single, url: server.url });
    await expect(opa.decide({ input: 1, timeout: Number.MIN_VALUE })).rejects.toMatchObject({
      code: 'OPA_OVERLOADED',
    });
    expect(server.opened()).toBe(0);
  });

  it('starts nothing for a caller that has already disconnected', async () => {
    const server = await scripted(healthy);
    const opa = await start({ ...single, url: server.url });
    const reason = new Error('gone');
    const decision = opa.decide({ input: 1, signal: AbortSignal.abort(reason) });
    await expect(decision).rejects.toMatchObject({ code: 'OPA_ABORTED', cause: reason });
    expect(server.opened()).toBe(0);
  });

  it.each([0, -1, NaN, Infinity, 2 ** 31, '500', null])('rejects an invalid time: %p', async (timeout) => {
    const server = await scripted(healthy);
    // Not even where everything else is let through.
    const opa = await start({ ...single, url: server.url, mode: 'permissive', onUnavailable: 'allow' });
    const decision = opa.decide({ input: 1, timeout: timeout as number });
    await expect(decision).rejects.toMatchObject({
      code: 'OPA_BAD_OPTIONS',
      message: expect.stringContaining(`timeout was given ${timeout}`),
    });
    expect(server.opened()).toBe(0);
  });
});

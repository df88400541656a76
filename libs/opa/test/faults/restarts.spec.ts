import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as after } from 'node:timers/promises';
import type { OpaService } from 'nestjs-opa';
import { OpaError } from 'nestjs-opa';
import type { OpaServer } from 'nestjs-opa/testing';
import { startOpa } from 'nestjs-opa/testing';
import { opaBinary } from '../engines/support/opa.js';
import { ignoreStalls } from '../support/stalls.js';
import { bench } from './support/modules.js';

ignoreStalls();
const { open } = bench();

/** The number of restarts of OPA, one each second. `npm run soak` sets more. */
const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 8);
const CALLERS = 32;
/** The timeout of a decision. The limits for its end and for a recovery are wide, because the machine may be busy. */
const TIMEOUT_MS = 1_000;
const ENDS_MS = 10 * TIMEOUT_MS;
const RECOVERY_MS = 30_000;

/** The defaults of the module. `bench()` replaces some of them. */
const DEFAULTS = { timeout: TIMEOUT_MS, pool: { connectTimeout: 250 }, retry: {}, circuitBreaker: {} };

/** The expected error codes. A busy machine delays this process too, which is an overload. */
const EXPECTED_CODES = new Set(['OPA_UNREACHABLE', 'OPA_TIMEOUT', 'OPA_CIRCUIT_OPEN', 'OPA_OVERLOADED']);

const rego = 'package a\nb := input.n % 2 == 0';
let server: OpaServer;

async function start(address?: string): Promise<void> {
  server = await startOpa({ rego, binary: await opaBinary(), ...(address !== undefined && { address }) });
}

afterEach(() => server.stop('SIGKILL'));

/** Fails when some work does not end within a limit. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = after(ms, undefined, { signal: over.signal }).then(() => {
    throw new Error(`did not end within ${ms} ms`);
  });
  return Promise.race([work, late]).finally(() => {
    over.abort();
    late.catch(() => undefined);
  });
}

/** Makes decisions until `over` is aborted. Collects wrong decisions and unexpected errors, and counts right decisions. */
function decideUntil(opa: OpaService, over: AbortSignal): { wrong: Promise<unknown[]>; right: () => number } {
  const wrong: unknown[] = [];
  let right = 0;
  let n = 0;
  const decideRepeatedly = async (): Promise<void> => {
    while (!over.aborted) {
      n += 1;
      const expected = n % 2 === 0 ? 'allow' : 'deny';
      try {
        const { outcome, allowed } = await within(ENDS_MS, opa.decide({ input: { n } }));
        if (outcome === expected && allowed === (expected === 'allow')) right += 1;
        else wrong.push({ expected, outcome, allowed });
      } catch (error) {
        if (!(error instanceof OpaError && EXPECTED_CODES.has(error.code))) wrong.push(error);
      }
      // An open circuit fails at once. Without a pause the callers would block the event loop.
      await after(5);
    }
  };
  const load = Promise.all(Array.from({ length: CALLERS }, decideRepeatedly));
  return { wrong: load.then(() => wrong), right: () => right };
}

/** Repeats a decision until it succeeds. */
async function succeeds(opa: OpaService, over: AbortSignal): Promise<void> {
  const failed = (): Promise<true> => after(5, true);
  while (!over.aborted && (await opa.decide({ input: { n: 0 } }).then(() => false, failed)));
}

/** Repeats a decision until it succeeds. Fails when the limit has passed. */
async function recovered(opa: OpaService): Promise<void> {
  const over = new AbortController();
  await within(RECOVERY_MS, succeeds(opa, over.signal)).finally(() => over.abort());
}

/** Repeats a decision until it fails, because a signal takes a moment to arrive. */
async function fails(opa: OpaService): Promise<void> {
  for (;;) {
    const failure: unknown = await opa.decide({ input: { n: 0 }, timeout: 200 }).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure !== undefined) return;
  }
}

/** Every decision of a burst is right again. */
async function expectSound(opa: OpaService): Promise<void> {
  const decided = await Promise.all(
    Array.from({ length: 200 }, (_, n) => opa.decide({ input: { n }, timeout: 30_000 })),
  );
  expect(decided.every(({ allowed }, n) => allowed === (n % 2 === 0))).toBe(true);
  const { sockets, waiting } = opa.stats();
  expect({ waiting, open: sockets.created - sockets.closed }).toEqual({ waiting: 0, open: sockets.idle });
}

describe('a real OPA under load', () => {
  it(
    `that is killed every second, ${SECONDS} times: each decision is right or a clear failure`,
    async () => {
      await start();
      const address = new URL(server.url).host;
      const opa = await open({ url: server.url, ...DEFAULTS });
      const over = new AbortController();
      const { wrong, right } = decideUntil(opa, over.signal);
      for (let second = 0; second < SECONDS; second += 1) {
        await server.stop('SIGKILL');
        await start(address);
        await recovered(opa);
        const before = right();
        // A full second from here: with less, each kill would meet the trial of the circuit that the last one opened.
        await after(1_000);
        expect(right()).toBeGreaterThan(before);
      }
      over.abort();
      expect(await wrong).toEqual([]);
      await server.stop('SIGKILL');
      await expect(opa.decide({ input: { n: 0 } })).rejects.toMatchObject({ name: 'OpaError' });
      await start(address);
      await recovered(opa);
      await expectSound(opa);
    },
    (3 * SECONDS + 60) * 1_000,
  );

  it('that is suspended: decisions time out, and are right again once OPA continues', async () => {
    await start();
    const opa = await open({ url: server.url });
    await expect(opa.decide({ input: { n: 0 } })).resolves.toMatchObject({ outcome: 'allow' });
    process.kill(server.pid, 'SIGSTOP');
    await fails(opa);
    const decisions = Array.from({ length: 20 }, (_, n) => opa.decide({ input: { n }, timeout: 1_000 }));
    const settled = await Promise.allSettled(decisions);
    process.kill(server.pid, 'SIGCONT');
    expect(settled.map((result) => result.status === 'rejected' && (result.reason as OpaError).code)).toEqual(
      Array(20).fill('OPA_TIMEOUT'),
    );
    await recovered(opa);
    await expectSound(opa);
  });
});

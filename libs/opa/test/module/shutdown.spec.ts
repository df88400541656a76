import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { BeforeApplicationShutdown, INestApplicationContext } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Decision, OpaModuleOptions, PolicyEngine } from 'nestjs-opa';
import { OpaHttpService, OpaModule, OpaService } from 'nestjs-opa';
import type { Leftovers } from '../faults/support/leftovers.js';
import { leftoversSince, settles, watched } from '../faults/support/leftovers.js';
import { cleanUp, closing, gate, scripted, healthy } from '../resilience/support.js';
import { httpServer } from '../support.js';
import { hangingFile } from '../support/hanging-file.js';

let leftovers: () => Leftovers;
let app: INestApplicationContext;

/** Decides once Nest has told the modules to stop, as requests do that still come in. */
@Injectable()
class Late implements BeforeApplicationShutdown {
  decided: Promise<Decision> | undefined;
  after: (() => Promise<void>) | undefined;

  constructor(@Inject(OpaService) private readonly opa: OpaService) {}

  async beforeApplicationShutdown(): Promise<void> {
    this.decided = this.opa.decide({ input: 'late' });
    await this.decided;
    await this.after?.();
  }
}

/** With times that outlast the tests' patience, so that a timer that is left shows. */
async function open(options: OpaModuleOptions, providers: [] | [typeof Late] = []): Promise<OpaService> {
  const imports = [
    OpaModule.forRoot({ policy: 'a/b', timeout: 60_000, pool: { connectTimeout: 5_000 }, ...options }),
  ];
  const module = { module: class App {}, imports, providers };
  app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  return app.get(OpaService);
}

const hanging: PolicyEngine = { name: 'hanging', evaluate: () => new Promise(() => undefined) };
const silent = async (): Promise<string> => closing(await httpServer(() => undefined)).url;
const refuses = async (): Promise<string> => (await scripted(503)).url;

beforeEach(() => void (leftovers = leftoversSince()));
afterEach(async () => {
  await app.close();
  await cleanUp();
  jest.restoreAllMocks();
});

describe('closing the module during decisions', () => {
  it('waits for decisions in the queue, in a retry pause, and at the token function', async () => {
    const first = gate();
    const server = await scripted(first.step, 503, healthy);
    const opa = await open({
      url: server.url,
      token: async () => {
        if (server.queries() === 0) return 't';
        await new Promise<void>((resolve) => void setTimeout(resolve, 50));
        return 't';
      },
      pool: { maxSockets: 1 },
    });
    const decisions = [1, 2, 3].map((input) => opa.decide({ input }));
    await first.reached;
    const closed = app.close();
    first.open();
    expect((await Promise.all(decisions)).map(({ outcome }) => outcome)).toEqual(['allow', 'allow', 'allow']);
    expect(opa.stats().retries).toBe(1);
    await closed;
    expect(server.queries()).toBe(4);
  });

  it('waits for decisions of an engine of the user', async () => {
    let answer = (): void => undefined;
    const engine: PolicyEngine = {
      name: 'own',
      evaluate: () => new Promise((resolve) => (answer = () => resolve({ result: true }))),
    };
    const opa = await open({ engine });
    const decision = opa.decide({ input: 1 });
    const closed = app.close();
    answer();
    await expect(decision).resolves.toMatchObject({ outcome: 'allow' });
    await closed;
  });

  it('decides new requests meanwhile, over sockets that hardly idle', async () => {
    const server = await scripted(healthy);
    const opa = await open({ url: server.url, pool: { freeSocketTimeout: 60_000 } }, [Late]);
    await opa.decide({ input: 1 });
    const late = app.get(Late);
    late.after = () => settles(() => server.open.size, 0);
    await app.close();
    await expect(late.decided).resolves.toMatchObject({ outcome: 'allow' });
    expect(server.opened()).toBe(2);
  });

  const store = {
    get: () => new Promise<never>(() => undefined),
    set: () => undefined,
    clear: () => undefined,
  };
  it.each<[string, () => Promise<OpaModuleOptions>]>([
    ['at an OPA that is silent', async () => ({ url: await silent() })],
    ['in the queue', async () => ({ url: await silent(), pool: { maxSockets: 1 } })],
    [
      'in a pause before a retry',
      async () => ({ url: await refuses(), retry: { minDelay: 50_000, maxDelay: 50_000 } }),
    ],
    [
      'at a token that never comes',
      async () => ({ url: await refuses(), token: () => new Promise(() => undefined) }),
    ],
    [
      'at a file that is never read',
      async () => ({ url: await refuses(), tls: { ca: await hangingFile() } }),
    ],
    ['at an engine that hangs', async () => Promise.resolve({ engine: hanging })],
    [
      'at a store that hangs',
      async () => ({ url: await refuses(), cache: { max: 1, allowTtl: 1, denyTtl: 1, store } }),
    ],
    ['in a shared call', async () => ({ url: await silent(), coalesce: true })],
    ['at the first of two', async () => ({ url: [await silent(), await silent()] })],
  ])(
    'aborts decisions that outlast shutdownTimeout, and leaves nothing behind: %s',
    async (_name, options) => {
      const opa = await open({ ...(await options()), shutdownTimeout: 20, onUnavailable: 'allow' });
      const decisions = [1, 1].map((input) =>
        watched(() => opa.decide({ input })).catch((error: unknown) => (error as { code?: string }).code),
      );
      // Far enough to be where they are to be ended.
      await new Promise((resolve) => setTimeout(resolve, 50));
      await app.close();
      expect(await Promise.all(decisions)).toEqual(['OPA_CLOSED', 'OPA_CLOSED']);
      expect(opa.stats()).toMatchObject({ waiting: 0, sockets: { inUse: 0, idle: 0 } });
      await settles(() => leftovers().timers, 0);
    },
  );

  it('aborts the trial of an open circuit whose caller has disconnected', async () => {
    const trial = gate();
    const url = (await scripted(503, trial.step)).url;
    const circuitBreaker = { minimumCalls: 1, halfOpenAfter: 1 };
    const opa = await open({ url, retry: false, circuitBreaker, shutdownTimeout: 20 });
    await opa.decide({ input: 1 }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const caller = new AbortController();
    const aborted = opa.decide({ input: 1, signal: caller.signal });
    await trial.reached;
    caller.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'OPA_ABORTED' });
    expect(opa.stats()).toMatchObject({ breaker: 'half-open', sockets: { inUse: 1 } });
    await app.close();
    expect(opa.stats()).toMatchObject({ sockets: { inUse: 0, idle: 0 } });
    await settles(() => leftovers().timers, 0);
  });

  it('aborts decisions that wait in an interceptor of the HttpService', async () => {
    const opa = await open({ url: await silent(), shutdownTimeout: 20 });
    app.get(OpaHttpService).axiosRef.interceptors.request.use(() => new Promise(() => undefined));
    const decision = watched(() => opa.decide({ input: 1 }));
    const ended = expect(decision).rejects.toMatchObject({ code: 'OPA_CLOSED' });
    await app.close();
    await ended;
    await settles(() => leftovers().timers, 0);
  });
});

describe('other requests of the HttpService', () => {
  it('fail when the module closes, also those that wait for a socket, and open no connection', async () => {
    const server = closing(await httpServer(() => undefined));
    const opa = await open({ url: server.url, pool: { maxSockets: 1 } });
    const http = app.get(OpaHttpService).axiosRef;
    const requests = Promise.allSettled(
      Array.from({ length: 5 }, () => http.get(server.url, { timeout: 0 })),
    );
    await settles(() => server.opened(), 2);
    await app.close();
    expect(opa.stats().sockets).toMatchObject({ inUse: 0, idle: 0, created: 2 });
    expect((await requests).map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 'rejected'));
    // An adapter of the user's own knows nothing of the module's end, and has its agents.
    const late = http.get(server.url, { adapter: 'http' });
    await expect(late).rejects.toMatchObject({ code: 'OPA_CLOSED' });
    expect(server.opened()).toBe(2);
  });
});

describe('a decision after the module has closed', () => {
  const failing = { retry: false, circuitBreaker: { minimumCalls: 1 }, onUnavailable: 'allow' } as const;
  it.each<[string, () => Promise<OpaModuleOptions>]>([
    ['an OPA', async () => ({ url: (await scripted(healthy)).url })],
    ["an engine of the user's own", async () => Promise.resolve({ engine: hanging })],
    [
      'a cached decision',
      async () => ({ url: (await scripted(healthy)).url, cache: { max: 1, allowTtl: 9_999, denyTtl: 0 } }),
    ],
    ['an open circuit and fail-open', async () => ({ url: await refuses(), ...failing })],
    ['several OPAs', async () => ({ url: [await refuses(), await refuses()], ...failing })],
  ])('fails with OPA_CLOSED: with %s', async (_name, options) => {
    const opa = await open(await options());
    const first = opa.decide({ input: 1, timeout: 500 });
    await first.catch(() => undefined);
    await app.close();
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_CLOSED' });
    await expect(opa.evaluate({ input: 1 })).rejects.toMatchObject({ code: 'OPA_CLOSED' });
  });
});

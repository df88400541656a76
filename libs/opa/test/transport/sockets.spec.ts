import { afterEach, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { settles } from '../faults/support/leftovers.js';
import { cleanUp, closing, scripted, start, healthy } from '../resilience/support.js';
import type { OpaPoolOptions } from '../../src/index.js';
import { httpServer } from '../support.js';

afterEach(cleanUp);

/** Has nothing closed but for the reason that a test gives. */
const lasting = { connectTimeout: 10_000, freeSocketTimeout: 60_000, socketTtl: 60_000 };
const patient = { timeout: 10_000, retry: false, circuitBreaker: false } as const;

it('OpaService.stats() returns a snapshot with every count of the contract', async () => {
  const server = await scripted(healthy, { result: false }, { result: true }, 500);
  const opa = await start({ ...patient, url: server.url, pool: lasting });
  const before = opa.stats();
  const none = { allow: 0, deny: 0, undefined: 0, unavailable: 0, error: 0, degraded: 0 };
  const unused = { inUse: 0, idle: 0, created: 0, closed: 0, reused: 0 };
  expect(before).toEqual({
    sockets: unused,
    waiting: 0,
    decisions: none,
    cacheHits: 0,
    retries: 0,
    breaker: 'off',
  });
  for (let i = 0; i < 4; i += 1) await opa.decide({ input: i }).catch(() => undefined);
  expect(opa.stats()).toMatchObject({
    sockets: { inUse: 0, idle: 1, created: 1, closed: 0, reused: 3 },
    decisions: { ...none, allow: 2, deny: 1, error: 1 },
  });
  expect(before.sockets).toEqual(unused);
});

describe('pool.freeSocketTimeout', () => {
  it('closes an idle socket, also for the other side, and no socket in use', async () => {
    const responses: ServerResponse[] = [];
    const server = closing(await httpServer((_request, response) => void responses.push(response)));
    const pool = { ...lasting, freeSocketTimeout: 20 };
    const opa = await start({ ...patient, url: server.url, pool });
    const decision = opa.decide({ input: 1 });
    await settles(() => responses.length, 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(server.open.size).toBe(1);
    responses[0]?.end('{"result":true}');
    await expect(decision).resolves.toMatchObject({ outcome: 'allow' });
    await settles(() => server.open.size, 0);
    expect(opa.stats().sockets).toMatchObject({ created: 1, closed: 1, idle: 0, inUse: 0 });
  });

  it('keeps a socket that is reused in time', async () => {
    const server = await scripted(healthy);
    const opa = await start({ ...patient, url: server.url, pool: lasting });
    for (let i = 0; i < 20; i += 1) await opa.decide({ input: i });
    expect(server.opened()).toBe(1);
  });
});

describe('pool.socketTtl', () => {
  it('replaces sockets under steady load without a failure', async () => {
    const server = await scripted(healthy);
    const pool = { ...lasting, maxSockets: 4, socketTtl: 50 };
    const opa = await start({ ...patient, url: server.url, pool });
    const over = performance.now() + 500;
    const ask = async (): Promise<void> => {
      while (performance.now() < over) await opa.decide({ input: 1 });
    };
    // More askers than sockets, so that each socket is handed on as soon as it is free.
    await Promise.all(Array.from({ length: 16 }, ask));
    expect(server.opened()).toBeGreaterThan(8);
    const { decisions, sockets } = opa.stats();
    expect(decisions.error).toBe(0);
    expect(sockets.created - sockets.closed).toBeLessThanOrEqual(4);
  });
});

describe('pool.socketTtl of an idle socket', () => {
  it('closes the socket, whatever freeSocketTimeout is', async () => {
    const server = await scripted(healthy);
    const opa = await start({ ...patient, url: server.url, pool: { ...lasting, socketTtl: 50 } });
    await opa.decide({ input: 1 });
    await settles(() => server.open.size, 0);
  });
});

describe('pool.maxSockets and pool.maxFreeSockets', () => {
  const burst = async (pool: OpaPoolOptions) => {
    const server = closing(
      await httpServer((_request, response) => void setImmediate(() => response.end('{"result":true}'))),
    );
    const opa = await start({ ...patient, url: server.url, pool: { ...lasting, ...pool } });
    const decisions = Array.from({ length: 200 }, (_, input) => opa.decide({ input }));
    expect(opa.stats().waiting).toBe(195);
    await Promise.all(decisions);
    return { opa, server };
  };

  it('bound the connections that OPA sees: one for each concurrent decision, reused by waiting ones', async () => {
    const { opa, server } = await burst({ maxSockets: 5 });
    expect(server.opened()).toBe(5);
    expect(opa.stats()).toMatchObject({ waiting: 0, sockets: { created: 5, reused: 195 } });
  });

  it('bound the idle connections', async () => {
    const { opa, server } = await burst({ maxSockets: 5, maxFreeSockets: 2 });
    await settles(() => server.open.size, 2);
    expect(opa.stats()).toMatchObject({ waiting: 0, sockets: { inUse: 0, idle: 2 } });
  });
});

describe('pool.maxResponseBytes', () => {
  const CAP = 1_000;
  const document = (bytes: number): string => {
    const empty = '{"result":true,"metrics":""}';
    return empty.replace('""', `"${'x'.repeat(bytes - empty.length)}"`);
  };
  const chunks = (text: string) => (response: ServerResponse) => {
    for (let at = 0; at < text.length; at += 100) response.write(text.slice(at, at + 100));
    response.end();
  };
  const zipped = (text: string) => (response: ServerResponse) =>
    void response.writeHead(200, { 'content-encoding': 'GZIP' }).end(gzipSync(text));
  const whole = (text: string) => (response: ServerResponse) =>
    void response.writeHead(200, { 'content-length': text.length }).end(text);

  it.each([
    ['with a length', whole],
    ['in chunks', chunks],
    ['as gzip, unpacked', zipped],
  ])('accepts a response of that size, and not a byte more: %s', async (_name, answer) => {
    const sizes = [CAP, CAP + 1];
    const server = await scripted((_request, response) => answer(document(sizes.shift() ?? 0))(response));
    const opa = await start({ ...patient, url: server.url, pool: { ...lasting, maxResponseBytes: CAP } });
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
    await expect(opa.decide({ input: 2 })).rejects.toMatchObject({ code: 'OPA_BAD_ANSWER' });
    await settles(() => opa.stats().sockets.inUse, 0);
  });

  it('refuses a response by its Content-Length, before its body arrives', async () => {
    const server = await scripted((_request, response) => {
      response.writeHead(200, { 'content-length': CAP + 1 }).flushHeaders();
    });
    const opa = await start({ ...patient, url: server.url, pool: { ...lasting, maxResponseBytes: CAP } });
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_BAD_ANSWER' });
    await settles(() => server.open.size, 0);
  });
});

describe('pool.maxFreeSockets of 0', () => {
  it('keeps no idle socket', async () => {
    const server = await scripted(healthy);
    const opa = await start({ ...patient, url: server.url, pool: { ...lasting, maxFreeSockets: 0 } });
    for (let i = 0; i < 3; i += 1) await opa.decide({ input: i });
    expect(server.opened()).toBe(3);
    await settles(() => opa.stats().sockets, { inUse: 0, idle: 0, created: 3, closed: 3, reused: 0 });
  });
});

describe('pool.connectTimeout', () => {
  it('does not fail a connection that was established while the event loop was blocked', async () => {
    const server = await scripted(healthy);
    const opa = await start({ ...patient, url: server.url, pool: { ...lasting, connectTimeout: 20 } });
    const decision = opa.decide({ input: 1 });
    // The connection is under way: the system goes on with it while this process does nothing.
    await new Promise((resolve) => process.nextTick(resolve));
    const until = performance.now() + 100;
    while (performance.now() < until);
    await expect(decision).resolves.toMatchObject({ outcome: 'allow' });
  });
});

import { describe, expect, it } from '@jest/globals';
import { TokenCache } from '../src/upstream/token-cache.js';
import type { IssuedToken } from '../src/upstream/token-cache.js';

const waiting = (): AbortSignal => new AbortController().signal;

/** A cache with a clock of the test, and an authorization server that answers when the test says so. */
function open(lifetime: number | undefined) {
  const clock = { time: 1_000, now: () => clock.time };
  const requests: { readonly signal: AbortSignal; issue(): void; fail(): void }[] = [];
  const cache = new TokenCache(
    (_subject, signal) =>
      new Promise<IssuedToken>((resolve, reject) => {
        const value = `token-${requests.length + 1}`;
        requests.push({
          signal,
          issue: () => resolve({ value, lifetime }),
          fail: () => reject(new Error('refused')),
        });
      }),
    clock,
  );
  /** Gets a token; the authorization server answers at once. */
  const get = async (): Promise<string> => {
    const token = cache.get(undefined, waiting());
    await Promise.resolve();
    requests.at(-1)?.issue();
    return (await token).value;
  };
  return { cache, clock, requests, get };
}

describe('a stored token', () => {
  it.each([
    ['a tenth of its lifetime before the end', 100, 90_000],
    ['at most 30 s before the end', 3_600, 3_570_000],
    ['after a minute when the server names no lifetime', undefined, 54_000],
  ])('is replaced %s', async (_when, lifetime, usedMs) => {
    const { clock, get } = open(lifetime);
    expect(await get()).toBe('token-1');
    clock.time += usedMs - 1;
    expect(await get()).toBe('token-1');
    clock.time += 2;
    expect(await get()).toBe('token-2');
  });

  it('counts its lifetime from the request, not from the response', async () => {
    const { cache, clock, requests, get } = open(100);
    const slow = cache.get(undefined, waiting());
    clock.time += 80_000;
    requests[0]?.issue();
    expect((await slow).value).toBe('token-1');
    clock.time += 9_999;
    expect(await get()).toBe('token-1');
    clock.time += 2;
    expect(await get()).toBe('token-2');
  });
});

describe('a client that disconnects during a token request', () => {
  it('does not end the request of the others that wait', async () => {
    const { cache, requests } = open(100);
    const leaving = new AbortController();
    const disconnected = cache.get(undefined, leaving.signal);
    const others = [1, 2].map(() => cache.get(undefined, waiting()));
    leaving.abort(new Error('the client is gone'));
    await expect(disconnected).rejects.toThrow('the client is gone');
    expect(requests.map(({ signal }) => signal.aborted)).toEqual([false]);
    requests[0]?.issue();
    expect((await Promise.all(others)).map(({ value }) => value)).toEqual(['token-1', 'token-1']);
  });

  it('ends the request when no other caller waits, and the next caller starts a new request', async () => {
    const { cache, requests, get } = open(100);
    const leaving = new AbortController();
    const disconnected = cache.get(undefined, leaving.signal);
    leaving.abort(new Error('the client is gone'));
    await expect(disconnected).rejects.toThrow('the client is gone');
    expect(requests.map(({ signal }) => signal.aborted)).toEqual([true]);
    expect(await get()).toBe('token-2');
  });

  it('leaves the failure of the request to the others', async () => {
    const { cache, requests } = open(100);
    const leaving = new AbortController();
    const disconnected = cache.get(undefined, leaving.signal);
    const other = cache.get(undefined, waiting());
    leaving.abort(new Error('the client is gone'));
    requests[0]?.fail();
    await expect(disconnected).rejects.toThrow('the client is gone');
    await expect(other).rejects.toThrow('refused');
  });
});

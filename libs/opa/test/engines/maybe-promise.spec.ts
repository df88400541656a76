import { describe, expect, it } from '@jest/globals';
import type { MaybePromise } from '../../src/contracts/index.js';
import { andThen, orElse, promiseTry } from '../../src/contracts/index.js';

const failure = new Error('no');
const throwing = (): never => {
  throw failure;
};

/** A promise of another library: it has `then` alone. */
const foreign = { then: (done: (value: number) => void) => done(2) } as unknown as Promise<number>;

describe('andThen', () => {
  it('continues synchronously with a value', () => {
    expect(andThen(2, (value) => value + 1)).toBe(3);
    expect(() => andThen(2, throwing)).toThrow(failure);
  });

  it.each([
    ['a promise', Promise.resolve(2)],
    ['a promise of another library', foreign],
  ])('continues later with %s', async (_name, value) => {
    const later = andThen(value, (number) => number + 1);
    expect(later).toBeInstanceOf(Promise);
    expect(await later).toBe(3);
  });
});

describe('orElse', () => {
  const recover = (error: unknown): unknown => ({ error });

  it('returns what the function returns', async () => {
    expect(orElse(() => 2, throwing)).toBe(2);
    expect(await orElse(() => Promise.resolve(2), throwing)).toBe(2);
  });

  it('continues synchronously after an exception, and later after a rejection', async () => {
    expect(orElse(throwing, recover)).toEqual({ error: failure });
    const later = orElse(() => Promise.reject(failure) as MaybePromise<unknown>, recover);
    expect(later).toBeInstanceOf(Promise);
    expect(await later).toEqual({ error: failure });
  });
});

describe('promiseTry', () => {
  it('returns a promise for a value, for a promise and for an exception', async () => {
    expect(await promiseTry(() => 2)).toBe(2);
    expect(await promiseTry(() => Promise.resolve(2))).toBe(2);
    await expect(promiseTry(throwing)).rejects.toBe(failure);
  });
});

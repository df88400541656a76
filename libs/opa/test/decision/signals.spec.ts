import { afterEach, describe, expect, it } from '@jest/globals';
import { getEventListeners } from 'node:events';
import type { OpaModuleOptions } from 'nestjs-opa';
import { cleanUp, scripted, start } from '../resilience/support.js';

afterEach(cleanUp);

/** As many as Node takes for a leak when each of them listens by itself. */
const MANY = 20;

/** An engine that never answers. */
const silent = { name: 'silent', evaluate: () => new Promise<never>(() => undefined) };
const WAYS: [string, OpaModuleOptions][] = [
  ['an OPA server', {}],
  ['a queue for its sockets', { pool: { maxSockets: 1 } }],
  ['shared calls', { coalesce: true }],
  ['a store that is slow', { cache: { max: 1, allowTtl: 1, denyTtl: 1, store: slowStore() } }],
  ['an engine of the user’s own', { engine: silent }],
];

function slowStore() {
  const never = () => new Promise<undefined>(() => undefined);
  return { get: never, set: () => undefined, clear: () => undefined };
}

describe('one AbortSignal for many decisions', () => {
  it.each(WAYS)('has one listener, and none afterwards: %s', async (_name, options) => {
    const url = options.engine === undefined ? { url: (await scripted(() => undefined)).url } : {};
    const opa = await start({ timeout: 10_000, ...url, ...options });
    const caller = new AbortController();
    const { signal } = caller;
    const decisions = Array.from({ length: MANY }, () => opa.decide({ input: 1, signal }));
    const filtered = Array.from({ length: MANY }, () => opa.filter([1], { signal }));
    const all = Promise.allSettled([...decisions, ...filtered]);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    caller.abort();
    const codes = (await all).map(
      (result) => result.status === 'rejected' && (result.reason as { code: string }).code,
    );
    expect(new Set(codes)).toEqual(new Set(['OPA_ABORTED']));
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

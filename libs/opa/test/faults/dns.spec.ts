import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { LookupAddress } from 'node:dns';
import dns from 'node:dns';
import { httpServer } from '../support.js';
import { ignoreStalls } from '../support/stalls.js';
import { bench } from './support/modules.js';

ignoreStalls();
const { open, uses } = bench();

type Answer = (error: Error | null, addresses?: LookupAddress[]) => void;

const HERE: LookupAddress[] = [{ address: '127.0.0.1', family: 4 }];

afterEach(() => void jest.restoreAllMocks());

/** Has every name resolved by a function; even a server that starts to listen asks for its own. */
function resolver(resolve: (answer: Answer) => void): void {
  jest
    .spyOn(dns, 'lookup')
    .mockImplementation(((_name: string, _options: object, answer: Answer) => resolve(answer)) as never);
}

async function somewhere(): Promise<{ url: string; opened: () => number }> {
  const { url, opened } = await uses(httpServer((_request, response) => response.end('{"result":true}')));
  return { url: url.replace('127.0.0.1', 'opa.test'), opened };
}

describe('a host name', () => {
  it('that does not exist is unreachable', async () => {
    const opa = await open({ url: 'http://opa.invalid:8181' });
    await expect(opa.decide({ input: {} })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
  });

  it.each([
    ['ENOTFOUND', 'OPA_UNREACHABLE'],
    ['EAI_AGAIN', 'OPA_UNREACHABLE'],
    // It is this process that has no descriptor left.
    ['EMFILE', 'OPA_OVERLOADED'],
  ])('that fails with %s is %s, until its lookup succeeds', async (code, expected) => {
    const failure = Object.assign(new Error(`getaddrinfo ${code} opa.test`), {
      code,
      syscall: 'getaddrinfo',
    });
    const results: Parameters<Answer>[] = [[failure], [null, HERE]];
    const { url } = await somewhere();
    resolver((answer) => setImmediate(() => answer(...(results.shift() ?? [failure]))));
    const opa = await open({ url, pool: { maxSockets: 1, maxPending: 0 } });
    await expect(opa.decide({ input: {} })).rejects.toMatchObject({ code: expected });
    await expect(opa.decide({ input: {} })).resolves.toMatchObject({ outcome: 'allow' });
  });

  it('that resolves slowly is unreachable after connectTimeout, and opens no connection later', async () => {
    const waiting: Answer[] = [];
    const { url, opened } = await somewhere();
    resolver((answer) => void waiting.push(answer));
    const opa = await open({
      url,
      timeout: 5_000,
      pool: { maxSockets: 1, maxPending: 0, connectTimeout: 50 },
    });
    await expect(opa.decide({ input: {} })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
    waiting.shift()?.(null, HERE);
    resolver((answer) => answer(null, HERE));
    await expect(opa.decide({ input: {} })).resolves.toMatchObject({ outcome: 'allow' });
    expect(opened()).toBe(1);
  });

  it('that resolves more slowly than the deadline of the decision is a timeout', async () => {
    const waiting: Answer[] = [];
    const { url, opened } = await somewhere();
    resolver((answer) => void waiting.push(answer));
    const opa = await open({ url, timeout: 5_000, pool: { connectTimeout: 5_000 } });
    await expect(opa.decide({ input: {}, timeout: 500 })).rejects.toMatchObject({ code: 'OPA_TIMEOUT' });
    waiting.shift()?.(null, HERE);
    expect(opened()).toBe(0);
  });

  it('whose first address refuses is reached at its next address', async () => {
    const { url } = await somewhere();
    resolver((answer) => setImmediate(() => answer(null, [{ address: '::1', family: 6 }, ...HERE])));
    const opa = await open({ url });
    await expect(opa.decide({ input: {} })).resolves.toMatchObject({ outcome: 'allow' });
  });
});

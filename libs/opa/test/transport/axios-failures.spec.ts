import { afterEach, describe, expect, it } from '@jest/globals';
import type { AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import axios, { AxiosError, CanceledError } from 'axios';
import { setTimeout as after } from 'node:timers/promises';
import type { OpaService } from 'nestjs-opa';
import type { Step } from '../resilience/support.js';
import { cleanUp, scripted, healthy } from '../resilience/support.js';
import { endOf, pooled } from './support.js';

afterEach(cleanUp);

/** A module that fails open, and an OPA that answers so. */
async function failingOpen(answer: Step): Promise<{ opa: OpaService; axiosRef: AxiosInstance; url: string }> {
  const { url } = await scripted(answer);
  return { url, ...(await pooled({ url, onUnavailable: 'allow' })) };
}

const ending = (opa: OpaService): Promise<unknown> => endOf(opa.decide({ input: 1 }));

const usual = axios.getAdapter('http');
const twoHundred = (status: number): boolean => status >= 200 && status < 300;
type Config = InternalAxiosRequestConfig;
type Set = (axiosRef: AxiosInstance) => void;

describe('an error response of OPA that arrives as an axios error', () => {
  const by: [string, Set][] = [
    [
      'a response interceptor',
      (axiosRef) =>
        axiosRef.interceptors.response.use((answer) => {
          if (answer.status < 400) return answer;
          throw new AxiosError('refused', AxiosError.ERR_BAD_REQUEST, answer.config, null, answer);
        }),
    ],
    [
      'one that leaves the config out',
      (axiosRef) =>
        axiosRef.interceptors.response.use((answer) => {
          if (answer.status < 400) return answer;
          throw new AxiosError('refused', undefined, undefined, null, answer);
        }),
    ],
    [
      "the request's own adapter",
      (axiosRef) =>
        axiosRef.interceptors.request.use((config) => ({
          ...config,
          adapter: usual,
          validateStatus: twoHundred,
        })),
    ],
    [
      'a replaced adapter',
      (axiosRef) =>
        (axiosRef.defaults.adapter = (config) => usual({ ...config, validateStatus: twoHundred })),
    ],
  ];
  const responses: [Step, string][] = [
    [401, 'OPA_UNAUTHORIZED'],
    [403, 'OPA_UNAUTHORIZED'],
    [404, 'OPA_BAD_ANSWER'],
    [429, 'OPA_OVERLOADED'],
    [500, 'OPA_POLICY_ERROR'],
    [503, 'fail-open'],
    [healthy, 'allow'],
  ];

  it.each(by)('is reported with its status and body: %s', async (_by, set) => {
    for (const [answer, expected] of responses) {
      const { opa, axiosRef } = await failingOpen(answer);
      set(axiosRef);
      expect([answer, await ending(opa)]).toEqual([answer, expected]);
    }
  });

  it('keeps its headers', async () => {
    const { url } = await scripted([429, { 'Retry-After': '2' }]);
    const { opa, axiosRef } = await pooled({ url });
    by[0]?.[1](axiosRef);
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ status: 429, retryAfterMs: 2_000 });
  });
});

describe('an axios error that does not lead to fail-open', () => {
  const refused = (config: Config | undefined, response: unknown): AxiosError =>
    new AxiosError('no', 'ECONNREFUSED', config, null, response as AxiosResponse);

  it.each<[string, (config: Config) => unknown, string]>([
    ['with an answer of 200', (config) => ({ status: 200, data: {}, headers: {}, config }), 'OPA_BAD_INPUT'],
    [
      'with a status of text',
      (config) => ({ status: '503', data: {}, headers: {}, config }),
      'OPA_BAD_INPUT',
    ],
    ['with no status', () => ({}), 'OPA_BAD_INPUT'],
    ['with text for an answer', () => 'no', 'OPA_BAD_INPUT'],
    ['with a status that is no number', (config) => ({ status: NaN, config }), 'OPA_BAD_ANSWER'],
    ['with nothing but a status', () => ({ status: 401, headers: null, config: null }), 'OPA_UNAUTHORIZED'],
  ])('%s', async (_what, answer, code) => {
    const { opa, axiosRef } = await failingOpen(healthy);
    const original = axiosRef.defaults.adapter;
    axiosRef.defaults.adapter = (config) => Promise.reject(refused(config, answer(config)));
    expect(await ending(opa)).toBe(code);
    Object.assign(axiosRef.defaults, { adapter: original });
    axiosRef.interceptors.response.use(({ config }) => Promise.reject(refused(config, answer(config))));
    expect(await ending(opa)).toBe(code);
  });

  it.each<[string, (config: Config) => unknown]>([
    ['without a config', () => new AxiosError('quota')],
    ['without an answer', (config) => new AxiosError('quota', 'ECONNREFUSED', config)],
    ['that it is cancelled', () => new CanceledError('no')],
    ['that its request is cancelled', (config) => new CanceledError('no', config)],
  ])('thrown by an interceptor, %s', async (_what, error) => {
    const { opa, axiosRef } = await failingOpen(healthy);
    axiosRef.interceptors.request.use((config) => Promise.reject(error(config)));
    expect(await ending(opa)).toBe('OPA_BAD_INPUT');
  });

  it('of a request that an interceptor sends itself, whatever its response', async () => {
    const { opa, axiosRef, url } = await failingOpen(503);
    axiosRef.interceptors.request.use(() => axios.get(url, { proxy: false }));
    expect(await ending(opa)).toBe('OPA_BAD_INPUT');
  });

  it('of a request that an interceptor cancels after replacing its adapter', async () => {
    const { opa, axiosRef } = await failingOpen(healthy);
    const signal = AbortSignal.abort();
    axiosRef.interceptors.request.use((config) => ({ ...config, adapter: usual, signal }));
    expect(await ending(opa)).toBe('OPA_BAD_INPUT');
  });
});

it("an axios error of the request's own adapter is an outage", async () => {
  const { opa, axiosRef } = await failingOpen(healthy);
  axiosRef.interceptors.request.use((config) => ({
    ...config,
    adapter: (config) => Promise.reject(new AxiosError('no', 'ECONNREFUSED', config)),
  }));
  expect(await ending(opa)).toBe('fail-open');
});

describe('an overload', () => {
  const full = async (): ReturnType<typeof pooled> => {
    const { url } = await scripted(() => undefined);
    const pool = { maxSockets: 1, maxPending: 0 };
    return pooled({ url, pool, onUnavailable: 'allow', timeout: 1_500 });
  };
  const hang: Set = (axiosRef) =>
    axiosRef.interceptors.response.use(undefined, () => new Promise(() => undefined));
  const hide: Set = (axiosRef) => {
    const original = axios.getAdapter(axiosRef.defaults.adapter);
    axiosRef.defaults.adapter = (config) =>
      original(config).catch(() => Promise.reject(new AxiosError('Network Error', undefined, config)));
  };

  it.each([
    ['an interceptor that waits', hang],
    ['an adapter', hide],
  ])('is not hidden by %s', async (_by, set) => {
    const { opa, axiosRef } = await full();
    set(axiosRef);
    expect(await Promise.all([ending(opa), ending(opa)])).toEqual(['fail-open', 'OPA_OVERLOADED']);
  });

  it('is still reported when the retry times out', async () => {
    const { opa, axiosRef } = await full();
    const original = axios.getAdapter(axiosRef.defaults.adapter);
    const first = opa.decide({ input: 1, timeout: 500 });
    axiosRef.defaults.adapter = (config) => original(config).catch(() => first.then(() => original(config)));
    expect(await ending(opa)).toBe('OPA_OVERLOADED');
    expect(await first).toMatchObject({ degraded: 'fail-open' });
  });
});

describe('an interceptor that uses up the time of a decision', () => {
  const never = (): Promise<void> => new Promise(() => undefined);
  const mostOfIt = (): Promise<void> => after(900);

  it.each<[when: string, answer: Step, set: Set]>([
    [
      'all of it before OPA is asked',
      healthy,
      (axiosRef) => axiosRef.interceptors.request.use((config) => never().then(() => config)),
    ],
    [
      'most of it before OPA is asked, which is late then',
      () => undefined,
      (axiosRef) => axiosRef.interceptors.request.use((config) => mostOfIt().then(() => config)),
    ],
    [
      'the rest of it after OPA has answered',
      healthy,
      (axiosRef) => axiosRef.interceptors.response.use((answer) => never().then(() => answer)),
    ],
  ])('does not look like an outage of OPA: %s', async (_when, answer, set) => {
    const { url } = await scripted(answer);
    const { opa, axiosRef } = await pooled({ url, onUnavailable: 'allow', timeout: 1_500 });
    set(axiosRef);
    expect(await ending(opa)).toBe('OPA_BAD_INPUT');
  });
});

import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import { AxiosError, AxiosHeaders } from 'axios';
import type { OpaService } from 'nestjs-opa';
import { OpaError } from 'nestjs-opa';
import { cleanUp, scripted, healthy } from '../resilience/support.js';
import { pooled } from './support.js';

afterEach(cleanUp);

const failing = async (opa: OpaService): Promise<OpaError> => {
  const error: unknown = await opa.decide({ input: { a: 'hush' } }).catch((error: unknown) => error);
  if (error instanceof OpaError) return error;
  throw new Error('it did not fail as it should', { cause: error });
};

function expectBare(error: OpaError, cause: object): void {
  expect(error).toMatchObject({ cause: { ...cause, stack: expect.any(String) } });
  expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/s3cret|hush/);
  expect(JSON.stringify([error, error.cause])).not.toMatch(/s3cret|hush/);
}

/** An error of axios, with all that it knows of its request. */
function axiosError(config: InternalAxiosRequestConfig): AxiosError {
  const answer: AxiosResponse = {
    status: 200,
    statusText: '',
    headers: {},
    data: config.data as unknown,
    config,
  };
  return new AxiosError('no', 'ECONNREFUSED', config, { config }, answer);
}

describe('an error cause that a logger prints whole', () => {
  const full = { name: 'AxiosError', message: 'no', code: 'ECONNREFUSED', status: 200 };

  it.each<[string, (config: InternalAxiosRequestConfig) => unknown, object]>([
    ['an axios error', axiosError, full],
    [
      'an error because of one',
      (config) => new Error('why', { cause: axiosError(config) }),
      { message: 'why' },
    ],
    ['several at once', (config) => new AggregateError([axiosError(config)], 'all'), { message: 'all' }],
    ['an answer', (config) => axiosError(config).response, { message: 'An HTTP request failed.' }],
  ])('holds neither the token nor the input: %s', async (_what, failure, cause) => {
    const { url } = await scripted(healthy);
    const { opa, axiosRef } = await pooled({ url, token: 's3cret' });
    const usual = axiosRef.defaults.adapter;
    const fail = async (config: InternalAxiosRequestConfig): Promise<never> =>
      Promise.reject(failure(config));
    axiosRef.defaults.adapter = fail;
    expectBare(await failing(opa), cause);
    Object.assign(axiosRef.defaults, { adapter: usual });
    axiosRef.interceptors.request.use(fail);
    expectBare(await failing(opa), cause);
  });

  it('holds no credential of the request by which the token function fetches its token', async () => {
    const config = { headers: new AxiosHeaders({ authorization: 's3cret' }), data: 'hush' };
    const { opa } = await pooled({
      url: 'http://127.0.0.1:1',
      token: () => Promise.reject(axiosError(config)),
    });
    const error = await failing(opa);
    expect(error.code).toBe('OPA_UNAUTHORIZED');
    expectBare(error, full);
  });

  it('is the original error when that error holds no request, even if its causes form a cycle', async () => {
    const { url } = await scripted(healthy);
    const { opa, axiosRef } = await pooled({ url });
    const failure = new Error('no');
    failure.cause = failure;
    axiosRef.interceptors.request.use(() => Promise.reject(failure));
    expect((await failing(opa)).cause).toBe(failure);
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios';
import axios from 'axios';
import MockAdapter from 'axios-mock-adapter';
import { OpaHttpService, OpaModule, OpaService } from 'nestjs-opa';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { settles } from '../faults/support/leftovers.js';
import type { TestServer } from '../support.js';
import { httpServer } from '../support.js';
import { ignoreStalls } from '../support/stalls.js';

let app: INestApplicationContext | undefined;
let server: TestServer;
let received: { headers: IncomingHttpHeaders; body: string }[];

ignoreStalls();
afterEach(async () => {
  await app?.close();
  await server.close();
});

async function open(answer?: RequestListener): Promise<{ opa: OpaService; axiosRef: AxiosInstance }> {
  received = [];
  const allow: RequestListener = (request, response) => {
    void text(request).then((body) => {
      received.push({ headers: request.headers, body });
      response.setHeader('X-Served', 'by-opa').end('{"result":true,"decision_id":"d1"}');
    });
  };
  server = await httpServer(answer ?? allow);
  const module = {
    module: class App {},
    imports: [OpaModule.forRoot({ url: server.url, policy: 'a/b', timeout: 10_000, retry: false })],
  };
  app = await NestFactory.createApplicationContext(module, { logger: false });
  return { opa: app.get(OpaService), axiosRef: app.get(OpaHttpService).axiosRef };
}

describe('interceptors of the pooled HttpService', () => {
  it('see query and response, and OPA receives what they change in the query', async () => {
    const { opa, axiosRef } = await open();
    const configs: Partial<InternalAxiosRequestConfig>[] = [];
    const answered: Partial<AxiosResponse>[] = [];
    axiosRef.interceptors.request.use(async (config) => {
      configs.push({ ...config, headers: config.headers.toJSON() as never });
      config.headers.set('X-Added', 'yes').delete('Accept');
      await Promise.resolve();
      return { ...config, data: '{"input":{"changed":"é"}}' };
    });
    axiosRef.interceptors.response.use((response) => {
      answered.push({ status: response.status, data: response.data as unknown, headers: response.headers });
      return { ...response, data: { result: { allow: false, reason: 'seen' } } };
    });
    const decision = await opa.decide({ input: { a: 1 } });
    expect(decision).toMatchObject({ outcome: 'deny', reasons: ['seen'] });
    expect(configs).toEqual([
      expect.objectContaining({
        method: 'post',
        url: `${server.url}/v1/data/a/b`,
        data: '{"input":{"a":1}}',
        headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
        maxRedirects: 0,
        proxy: false,
        timeout: expect.any(Number),
      }),
    ]);
    expect(received).toHaveLength(1);
    expect(received[0]?.headers).toMatchObject({ 'x-added': 'yes', 'content-type': 'application/json' });
    expect(received[0]?.headers).not.toHaveProperty('accept');
    expect(received[0]?.body).toBe('{"input":{"changed":"é"}}');
    expect(answered).toEqual([
      expect.objectContaining({ status: 200, data: { result: true, decision_id: 'd1' } }),
    ]);
    expect(answered[0]?.headers?.['x-served']).toBe('by-opa');
  });

  it.each([
    [
      'an object',
      { input: { a: 'é', at: new Date(0) } },
      '{"input":{"a":"é","at":"1970-01-01T00:00:00.000Z"}}',
    ],
    ['a Buffer', Buffer.from('{"input":1}'), '{"input":1}'],
    ['text', '{"input":2}', '{"input":2}'],
  ])('may replace the query body by %s', async (_name, data, body) => {
    const { opa, axiosRef } = await open();
    axiosRef.interceptors.request.use((config) => ({ ...config, data }));
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
    const usual = axios.getAdapter('http');
    axiosRef.interceptors.request.use((config) => ({ ...config, adapter: usual }));
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
    expect(received.map((request) => request.body)).toEqual([body, body]);
  });

  it.each([
    ['NaN', { input: Number.NaN }],
    ['a BigInt', { input: 1n }],
    ['a Map', { input: new Map() }],
    ['a Map alone', new Map()],
    ['a form', new URLSearchParams({ input: '1' })],
    ['a function', () => 1],
  ])('may not replace the query body by one that JSON would change: %s', async (_name, data) => {
    const { opa, axiosRef } = await open();
    axiosRef.interceptors.request.use((config) => ({ ...config, data }));
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_BAD_INPUT' });
    axiosRef.defaults.adapter = axios.getAdapter('http');
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_BAD_INPUT' });
    expect(received).toEqual([]);
  });

  it('see the right query and response for each of many concurrent decisions', async () => {
    const { opa, axiosRef } = await open();
    const inputs: unknown[] = [];
    axiosRef.interceptors.request.use((config) => {
      inputs.push(config.data);
      return config;
    });
    const decisions = await Promise.all(Array.from({ length: 300 }, (_, input) => opa.decide({ input })));
    expect(decisions.every(({ allowed }) => allowed)).toBe(true);
    const questions = Array.from({ length: 300 }, (_, input) => `{"input":${input}}`);
    expect(inputs).toEqual(questions);
    expect(received.map(({ body }) => body).sort()).toEqual(questions.sort());
  });

  it('may replace the adapter of one decision', async () => {
    const { opa, axiosRef } = await open();
    const usual = axios.getAdapter('http');
    axiosRef.interceptors.request.use((config) => ({ ...config, adapter: usual }));
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow', id: 'd1' });
    expect(received[0]?.body).toBe('{"input":1}');
  });

  it('stop running once they are ejected', async () => {
    const { opa, axiosRef } = await open();
    let calls = 0;
    const id = axiosRef.interceptors.response.use((response) => {
      calls += 1;
      return response;
    });
    await opa.decide({ input: 1 });
    axiosRef.interceptors.response.eject(id);
    await opa.decide({ input: 2 });
    expect(calls).toBe(1);
    expect(received).toHaveLength(2);
  });

  it.each([
    ['an error of their own', new Error('no'), 'OPA_BAD_INPUT'],
    [
      'one that looks like an outage',
      Object.assign(new Error('no'), { code: 'ECONNRESET' }),
      'OPA_BAD_INPUT',
    ],
  ])('fail the decision when they throw %s, without fail-open', async (_what, error, code) => {
    const { opa, axiosRef } = await open();
    axiosRef.interceptors.request.use(() => Promise.reject(error));
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code, cause: error });
    expect(received).toEqual([]);
  });

  it('fail the decision when an axios request of their own fails, without fail-open', async () => {
    const { opa, axiosRef } = await open();
    axiosRef.interceptors.request.use(() => axios.get('http://127.0.0.1:1/', { proxy: false }));
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({
      code: 'OPA_BAD_INPUT',
      cause: { code: 'ECONNREFUSED' },
    });
    expect(received).toEqual([]);
  });

  it.each([
    ['url', 'http://127.0.0.1:1/v1/data/other'],
    ['method', 'get'],
    ['params', { pretty: true }],
    ['auth', { username: 'u', password: 'p' }],
  ])('may not send a decision elsewhere by its %s', async (name, value) => {
    const { opa, axiosRef } = await open();
    axiosRef.interceptors.request.use((config) => Object.assign(config, { [name]: value }));
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({
      code: 'OPA_BAD_INPUT',
      message: expect.stringMatching(new RegExp(`its ${name}`, 'i')) as never,
    });
    expect(received).toEqual([]);
  });

  it.each([
    ['shorten', 60_000, 500],
    ['not lengthen', 500, 60_000],
    ['not lift', 500, 0],
  ])('may %s the remaining %d ms of a decision: %d', async (_how, requested, timeout) => {
    const { opa, axiosRef } = await open(() => undefined);
    let actual = 0;
    axiosRef.interceptors.request.use((config) => {
      actual = config.timeout ?? 0;
      return { ...config, timeout };
    });
    await expect(opa.decide({ input: 1, timeout: requested })).rejects.toMatchObject({ code: 'OPA_TIMEOUT' });
    expect(actual).toBeGreaterThan(0);
    expect(actual).toBeLessThanOrEqual(requested);
  });

  it('may use up all of the time; a query that they send too late is cancelled', async () => {
    const { opa, axiosRef } = await open();
    let send: () => void = () => undefined;
    axiosRef.interceptors.request.use((config) => new Promise((resolve) => (send = () => resolve(config))));
    await expect(opa.decide({ input: 1, timeout: 500 })).rejects.toMatchObject({ code: 'OPA_BAD_INPUT' });
    send();
    await new Promise(setImmediate);
    expect(opa.stats()).toMatchObject({ waiting: 0, sockets: { inUse: 0, created: 0 } });
    expect(received).toEqual([]);
  });

  it('may send a query twice; both requests end with the decision', async () => {
    const { opa, axiosRef } = await open(() => undefined);
    const original = axios.getAdapter(axiosRef.defaults.adapter);
    axiosRef.defaults.adapter = (config) => Promise.any([original(config), original(config)]);
    const caller = new AbortController();
    const decided = expect(opa.decide({ input: 1, signal: caller.signal })).rejects.toMatchObject({
      code: 'OPA_ABORTED',
    });
    await settles(() => opa.stats().sockets.inUse, 2);
    caller.abort();
    await decided;
    await settles(() => opa.stats().sockets.inUse, 0);
  });
});

describe('a replaced adapter', () => {
  /** An axios error of a build of axios that is not this one. */
  const failure = (config: InternalAxiosRequestConfig, message: string, code?: string): Error =>
    Object.assign(new Error(message), { isAxiosError: true, config, code });

  it.each([
    ['Network Error', undefined, 'OPA_UNREACHABLE'],
    ['connect ECONNREFUSED', 'ECONNREFUSED', 'OPA_UNREACHABLE'],
    ['timeout of 0ms exceeded', 'ECONNABORTED', 'OPA_TIMEOUT'],
    ['timeout', 'ETIMEDOUT', 'OPA_TIMEOUT'],
  ])('fails as OPA would: %s, %s', async (message, cause, code) => {
    const { opa, axiosRef } = await open();
    axiosRef.defaults.adapter = (config) => Promise.reject(failure(config, message, cause));
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code });
  });

  it('fails as OPA would when it sends its own request', async () => {
    const { opa, axiosRef } = await open();
    axiosRef.defaults.adapter = () => axios.get('http://127.0.0.1:1/');
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
  });

  it.each([
    ['networkError', (mock: MockAdapter) => mock.onPost().networkError(), 'OPA_UNREACHABLE'],
    ['timeout', (mock: MockAdapter) => mock.onPost().timeout(), 'OPA_TIMEOUT'],
    ['abortRequest', (mock: MockAdapter) => mock.onPost().abortRequest(), 'OPA_TIMEOUT'],
  ])('fails as OPA would when axios-mock-adapter provides it: %s', async (_name, fail, code) => {
    const { opa, axiosRef } = await open();
    fail(new MockAdapter(axiosRef as never));
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code });
  });
});

describe('a response that does not come from OPA', () => {
  const responses: [string, Partial<AxiosResponse>, object][] = [
    ['503 without headers', { status: 503, data: {} }, { code: 'OPA_UNREACHABLE' }],
    ['500 without headers', { status: 500, data: 'no' }, { code: 'OPA_POLICY_ERROR', status: 500 }],
    [
      '429 with a name in capitals',
      { status: 429, data: {}, headers: { 'Retry-After': '2' } },
      { code: 'OPA_OVERLOADED', retryAfterMs: 2_000 },
    ],
  ];

  it.each(responses)('is accepted from a response interceptor: %s', async (_name, answer, expected) => {
    const { opa, axiosRef } = await open();
    axiosRef.interceptors.response.use(() => answer as AxiosResponse);
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject(expected);
  });

  it.each(responses)('is accepted from a replaced adapter: %s', async (_name, answer, expected) => {
    const { opa, axiosRef } = await open();
    axiosRef.defaults.adapter = (config) => Promise.resolve({ ...answer, config } as AxiosResponse);
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject(expected);
  });
});

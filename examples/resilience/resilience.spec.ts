import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { OpaService } from 'nestjs-opa';
import type { OpaServer } from 'nestjs-opa/testing';
import { startOpa } from 'nestjs-opa/testing';
import type { Example } from '../support.js';
import { startExample } from '../support.js';
import { ResilienceExample } from './app.js';
import { resilient } from './resilient.options.js';

describe('the example of resilience', () => {
  const policy = new URL('policy.rego', import.meta.url);
  let example: Example;
  let second: OpaServer;
  beforeAll(async () => {
    for (const level of ['warn', 'error'] as const) jest.spyOn(Logger.prototype, level).mockReturnValue();
    second = await startOpa({ rego: await readFile(policy, 'utf8') });
    const options = (first: string) => resilient([first, second.url]);
    example = await startExample(ResilienceExample, policy, { options });
  });
  afterAll(async () => {
    await example.close();
    await second.stop();
    jest.restoreAllMocks();
  });

  let requests = 0;
  const get = async (path: string): Promise<[number, unknown]> => {
    const headers = { 'x-request-id': String(++requests) };
    const response = await fetch(`${example.url}${path}`, { headers });
    return [response.status, await response.json()];
  };

  it('remembers allows and denials by what the policy sees, for as long as the policy likes', async () => {
    expect(await get('/orders/1')).toEqual([200, { cached: false }]);
    expect(await get('/orders/1')).toEqual([200, { cached: true }]);
    expect(await get('/orders/2')).toMatchObject([403, { message: 'Forbidden by policy' }]);
    expect(await get('/orders/count')).toEqual([200, { cached: false }]);
    expect(await get('/orders/count')).toEqual([200, { cached: false }]);
    expect(example.app.get(OpaService).stats().cacheHits).toBe(1);
    expect(await get('/orders/latest')).toEqual([200, { cached: false }]);
  });

  it('queries the second OPA when the first is down, and stays healthy', async () => {
    await example.opa.stop();
    expect(await get('/health')).toMatchObject([200, { details: { opa: { status: 'up' } } }]);
    expect(await get('/orders/count')).toEqual([200, { cached: false }]);
  });

  it('uses what it knew when both have gone, and refuses what it never knew', async () => {
    await second.stop();
    expect(await get('/orders/1')).toEqual([200, { cached: true }]);
    expect(await get('/orders/latest')).toEqual([200, { cached: true, degraded: 'stale' }]);
    expect(await get('/orders/count')).toMatchObject([503, { message: 'Authorization is not available' }]);
    expect(example.app.get(OpaService).stats().decisions).toMatchObject({ degraded: 1, error: 1 });
    const opa = { status: 'down', code: 'OPA_UNREACHABLE' };
    expect(await get('/health')).toMatchObject([503, { details: { opa } }]);
  });

  it('empties the cache with purge()', async () => {
    await example.app.get(OpaService).purge();
    expect((await get('/orders/1'))[0]).toBe(503);
  });
});

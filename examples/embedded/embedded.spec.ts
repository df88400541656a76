import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { buildBundle } from '../../libs/opa/test/engines/support/opa.js';
import type { ExampleApp } from '../support.js';
import { startApp, startExample } from '../support.js';
import { embedded, EmbeddedExample, fallback } from './app.js';

describe('the example of the embedded engine', () => {
  const policy = new URL('policy.rego', import.meta.url);
  let rego: string;
  let bundle: string;
  beforeAll(async () => {
    rego = await readFile(policy, 'utf8');
    bundle = await buildBundle(rego, 'orders/read', 'orders/view');
  });

  let running: ExampleApp | undefined;
  afterEach(async () => {
    await running?.close();
    running = undefined;
    jest.restoreAllMocks();
  });

  const get = async (client: string): Promise<[number, unknown]> => {
    const response = await fetch(`${running?.url}/orders/1`, { headers: { 'user-agent': client } });
    return [response.status, await response.json()];
  };

  it('decides in the process, before the handler and after it', async () => {
    running = await startApp(EmbeddedExample, embedded(bundle));
    expect(await get('shop/2.1.0')).toEqual([200, { id: 1, email: '***', engine: 'embedded' }]);
    expect(await get('shop/1.9.0')).toMatchObject([403, { reasons: ['this client is too old'] }]);
    expect(await get('curl/8.0.0')).toMatchObject([403, { reasons: ['this client is too old'] }]);
  });

  it("doesn't start on a bundle without the policy that it needs", async () => {
    const other = await buildBundle(rego, 'orders/view');
    const start = startApp(EmbeddedExample, embedded(other));
    await expect(start).rejects.toThrow(/does not contain orders\/read.*Its entrypoints: orders\/view/);
  });

  it('stands in for an OPA that has gone', async () => {
    jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const options = (url: string) => fallback(url, bundle);
    const { opa } = (running = await startExample(EmbeddedExample, policy, { options }));
    const order = { id: 1, email: '***' };
    expect(await get('shop/2.1.0')).toEqual([200, { ...order, engine: 'remote' }]);
    await opa.stop();
    const degraded = { engine: 'embedded', degraded: 'bundle' };
    expect(await get('shop/2.1.0')).toEqual([200, { ...order, ...degraded }]);
    expect(await get('shop/1.9.0')).toMatchObject([403, { reasons: ['this client is too old'] }]);
  });
});

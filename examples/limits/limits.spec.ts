import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Example } from '../support.js';
import { startExample } from '../support.js';
import { LimitsExample } from './app.js';

let example: Example;
beforeAll(async () => {
  example = await startExample(LimitsExample, new URL('policy.rego', import.meta.url));
});
afterAll(() => example.close());

it('the example of limits refuses the sixth cancellation of an address', async () => {
  const cancel = () => fetch(`${example.url}/orders/7`, { method: 'DELETE' });
  for (let i = 0; i < 5; i++) expect((await cancel()).status).toBe(200);
  const sixth = await cancel();
  expect(sixth.status).toBe(429);
  expect(Number(sixth.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await sixth.json()).toEqual({
    statusCode: 429,
    error: 'Too Many Requests',
    message: 'Too many requests',
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Example } from '../support.js';
import { startExample } from '../support.js';
import { LogObligation, ObligationsExample } from './app.js';

describe('the example of obligations', () => {
  let example: Example;
  beforeAll(async () => {
    example = await startExample(ObligationsExample, new URL('policy.rego', import.meta.url));
  });
  afterAll(() => example.close());

  it('masks and removes rows, and runs a registered obligation', async () => {
    const response = await fetch(`${example.url}/customers`);
    expect(await response.json()).toEqual([
      { name: 'Ann', email: '***', private: false },
      { name: 'Cid', email: '***', private: false },
    ]);
    expect(example.app.get(LogObligation).entries).toEqual([
      { policy: 'customers/read', allowed: true, level: 'info' },
    ]);
  });

  it('requests a step-up to a recent login', async () => {
    const response = await fetch(`${example.url}/customers`, { method: 'DELETE' });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_user_authentication", max_age="300"',
    );
  });
});

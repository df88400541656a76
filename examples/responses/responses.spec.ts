import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Example } from '../support.js';
import { startExample } from '../support.js';
import { options, ResponsesExample } from './app.js';

describe('the example of response policies', () => {
  let example: Example;
  beforeAll(async () => {
    const policy = new URL('policy.rego', import.meta.url);
    example = await startExample(ResponsesExample, policy, { options });
  });
  afterAll(() => example.close());

  const get = (path: string, role = 'viewer') =>
    fetch(`${example.url}/orders${path}`, { headers: { 'x-demo-role': role } });

  const TEA = { id: '1', item: 'tea', sealed: false };

  it.each([
    ['viewer', { ...TEA, customer: { name: 'Ada', email: '***' } }],
    ['editor', { ...TEA, cost: 3, customer: { name: 'Ada', email: 'ada@example.com' } }],
  ])('shows a %s what the policy leaves, and sets a header', async (role, order) => {
    const response = await get('/1', role);
    expect([response.status, await response.json()]).toEqual([200, order]);
    expect(response.headers.get('x-kind')).toBe('order');
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('lets nothing of a denied result out, not even its headers', async () => {
    const response = await get('/2', 'editor');
    expect(await response.json()).toMatchObject({ statusCode: 403, reasons: ['the order is sealed'] });
    expect(response.headers.get('x-kind')).toBeNull();
  });

  it('decides about a whole file before its first byte leaves', async () => {
    const items = await get('/files/items');
    expect([items.status, await items.text()]).toEqual([200, 'id;item\n1;tea\n2;coffee\n']);
    const customers = await get('/files/customers');
    expect(customers.status).toBe(403);
    expect(await customers.text()).not.toContain('@');
  });
});

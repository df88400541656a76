import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OpaService } from 'nestjs-opa';
import type { Example } from '../support.js';
import { startExample } from '../support.js';
import { PoliciesExample } from './app.js';

describe('the example of policies', () => {
  let example: Example;
  beforeAll(async () => {
    example = await startExample(PoliciesExample, new URL('policy.rego', import.meta.url));
  });
  afterAll(() => example.close());

  const get = async (path: string, user = ''): Promise<[number, unknown]> => {
    const response = await fetch(`${example.url}/orders${path}`, { headers: { 'x-demo-user': user } });
    const text = await response.text();
    return [response.status, text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text];
  };

  it('requires authentication first', async () => {
    expect((await get('/1'))[0]).toBe(401);
  });

  it('evaluates the policies of the handler, and those that it inherits', async () => {
    expect(await get('/1', 'ann')).toEqual([200, { id: '1', owner: 'ann' }]);
    expect(await get('/2', 'ann')).toMatchObject([403, { reasons: ['not your order'] }]);
    expect((await get('/1', 'mallory'))[0]).toBe(403);
  });

  it('allows when one of several policies allows', async () => {
    expect((await get('/1/history', 'ann'))[0]).toBe(200);
    expect((await get('/1/history', 'bob'))[0]).toBe(200);
    expect((await get('/2/history', 'ann'))[0]).toBe(403);
  });

  it('lists what each may see', async () => {
    expect(await get('', 'ann')).toEqual([200, [{ id: '1', owner: 'ann' }]]);
    expect((await get('', 'mallory'))[0]).toBe(403);
  });

  it('knows at start what is guarded', () => {
    const table = example.app.get(OpaService).routes();
    expect(table.map(({ route, status }) => [route, status])).toEqual([
      ['GET /orders', 'guarded'],
      ['GET /orders/:id', 'guarded'],
      ['GET /orders/:id/history', 'guarded'],
      ['GET /orders/health/live', 'public'],
    ]);
  });
});

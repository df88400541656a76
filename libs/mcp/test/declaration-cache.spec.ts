import { describe, expect, it } from '@jest/globals';
import { DeclarationCache } from '../src/protocol/declaration-cache.js';
import { OutputSchemas } from '../src/protocol/output-schemas.js';
import { call } from './support.js';

describe('what the lists of a server declare', () => {
  it('has a bounded total size: the items that were used last remain', () => {
    const cache = new DeclarationCache<object>();
    const item = { description: 'x'.repeat(16 << 20) };
    for (const name of ['a', 'b', 'c', 'd', 'e']) cache.set(name, item, { name });
    expect(['a', 'b', 'e'].map((name) => cache.has(name))).toEqual([false, false, true]);
  });

  it('is unknown for an item that is nested too deeply to be written as JSON', async () => {
    const nested = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000)) as unknown;
    let requests = 0;
    const schemas = new OutputSchemas(() => {
      requests += 1;
      return Promise.resolve([{ name: 'x' }]);
    });
    schemas.learn(call('tools/list'), [{ name: 'x', outputSchema: { enum: nested } }]);
    await schemas.assertValid(call('tools/call', { name: 'x' }), { structuredContent: {} }, {});
    expect(requests).toBe(1);
  });
});

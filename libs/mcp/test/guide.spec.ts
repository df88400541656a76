import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { TestEngine } from 'nestjs-opa/testing';
import { call, cleanUp, enforcer, tool } from './support.js';

const GUIDE = new URL('../../../docs/guides/mcp.md', import.meta.url);

const LISTED = {
  name: 'search',
  annotations: { readOnlyHint: true },
  inputSchema: { type: 'object', properties: { q: { type: 'string' } } },
};

afterEach(cleanUp);

describe('docs/guides/mcp.md', () => {
  it('shows what a policy sees, in both shapes', async () => {
    const text = await readFile(GUIDE, 'utf8');
    const examples = [...text.matchAll(/```json\n([^]*?)```/g)].map(
      ([, json = '']) => JSON.parse(json) as unknown,
    );
    const engine = new TestEngine({ request: true });
    for (const shape of ['coaz', 'contextforge'] as const) {
      const mcp = await enforcer(engine, { shape });
      await mcp.after(call('tools/list'), { tools: [LISTED] });
      await mcp.before(tool);
    }
    expect(engine.questions.map(({ input }) => input)).toEqual(examples);
  });
});

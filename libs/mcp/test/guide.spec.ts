import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { TestEngine } from 'nestjs-opa/testing';
import { cleanUp, enforcer, tool } from './support.js';

const GUIDE = new URL('../../../docs/guides/mcp.md', import.meta.url);

afterEach(cleanUp);

describe('docs/guides/mcp.md', () => {
  it('shows what a policy sees, in both shapes', async () => {
    const text = await readFile(GUIDE, 'utf8');
    const shown = [...text.matchAll(/```json\n([^]*?)```/g)].map(
      ([, json = '']) => JSON.parse(json) as unknown,
    );
    const engine = new TestEngine({ request: true });
    for (const shape of ['coaz', 'contextforge'] as const) {
      await (await enforcer(engine, { shape })).before(tool);
    }
    expect(engine.questions.map(({ input }) => input)).toEqual(shown);
  });
});

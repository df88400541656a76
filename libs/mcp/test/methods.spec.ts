import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { MCP_RESOURCES } from 'nestjs-opa/internal';
import { METHODS, methodIn, taskReferenceOf } from '../src/protocol/methods/index.js';
import type { McpMethod } from '../src/protocol/methods/index.js';

const rows: readonly (readonly [name: string, row: McpMethod])[] = Object.entries(METHODS);

/** The methods of requests in the official package's schemas of 2025-11-25. */
function methodsOf20251125(): string[] {
  const folder = dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/server'));
  const schemas = readdirSync(folder)
    .filter((file) => file.endsWith('.mjs'))
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('//#region '))
    .filter((region) => region.split('\n', 1)[0]?.endsWith('/wire/rev2025-11-25/buildSchemas.ts'))
    .join('\n');
  const methods = [...schemas.matchAll(/method: \w+\.?\w*\("([\w/]+)"\)/g)].map(([, method = '']) => method);
  return [...new Set(methods)].filter((method) => !method.startsWith('notifications/'));
}

describe('the table of methods', () => {
  it('has every request that a client of 2025-11-25 can send', () => {
    const fromServer = ['sampling/createMessage', 'elicitation/create', 'roots/list'];
    const expected = methodsOf20251125().filter((method) => !fromServer.includes(method));
    const legacy = rows.filter(([, { eras }]) => eras.includes('legacy')).map(([name]) => name);
    expect(legacy.sort()).toEqual(expected.sort());
  });

  it.each(Object.keys(MCP_RESOURCES))('shares the resource of %s with handlers of nestjs-opa', (name) => {
    const row = rows.find(([method]) => method === name)?.[1];
    expect(row?.resource).toBe((MCP_RESOURCES as Record<string, unknown>)[name]);
  });

  it.each(rows)('has %s in its eras alone', (name, { eras }) => {
    const actual = (['legacy', 'modern'] as const).filter((era) => methodIn(era, name) !== undefined);
    expect(actual).toEqual(eras);
  });

  it('decides every method but ping', () => {
    const undecided = rows.filter(([, { resource }]) => resource === 'undecided').map(([name]) => name);
    expect(undecided).toEqual(['ping']);
  });

  it.each([
    ['tasks/unheard-of', 'one'],
    ['tasks/list', 'list'],
    ['tasksx', undefined],
    ['constructor', undefined],
  ])('takes %s as a reference to tasks: %s', (name, reference) => {
    expect(taskReferenceOf(name)).toBe(reference);
  });
});

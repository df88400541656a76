import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = resolve(import.meta.dirname, '../..');
/** The folders that a path in ARCHITECTURE.md may be relative to. */
const BASES = ['', 'libs/opa/src', 'libs/mcp/src'];
const page = await readFile(join(ROOT, 'ARCHITECTURE.md'), 'utf8');

/** The paths between backquotes: those with a slash or with the name of a source file. */
const paths = [...page.matchAll(/`([\w.-]+(?:\/[\w.-]+)*\/?)`/g)]
  .map(([, path = '']) => path)
  .filter((path) => path.includes('/') || path.endsWith('.ts'))
  // Entries of packages and methods of MCP are no paths.
  .filter((path) => !/^(nestjs-opa|tools)\//.test(path));

/** Whether a path leads somewhere; a file's name alone is searched in the folder of the part that the text is about. */
const exists = (path: string): boolean =>
  [...BASES, 'libs/opa/src/transport', 'libs/opa/src/contexts'].some((base) =>
    existsSync(join(ROOT, base, path)),
  );

describe('ARCHITECTURE.md', () => {
  it('names many files', () => {
    expect(paths.length).toBeGreaterThan(60);
  });

  it.each([...new Set(paths)])('names a path that exists: %s', (path) => {
    expect(exists(path)).toBe(true);
  });
});

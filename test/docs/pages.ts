import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder of the project. */
export const ROOT = resolve(import.meta.dirname, '../..');

/** The pages below `docs`, as paths from the root. */
export const GUIDES: readonly string[] = readdirSync(join(ROOT, 'docs'), {
  recursive: true,
  encoding: 'utf8',
})
  .filter((name) => name.endsWith('.md') && !/(^|\/)(node_modules|\.vitepress|api)\//.test(name))
  .map((name) => `docs/${name}`)
  .sort();

/** Every page that people read. */
export const PAGES: readonly string[] = [
  'README.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'deploy/README.md',
  'examples/README.md',
  ...readdirSync(join(ROOT, 'libs')).map((name) => `libs/${name}/README.md`),
  ...GUIDES,
];

/** Reads a page by its path from the root. */
export const readPage = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** A page's text without its blocks of code. */
export const proseOf = (text: string): string => text.replace(/^ *```.*?^ *```$/gms, '');

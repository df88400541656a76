import { existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from '@jest/globals';
import { GUIDES, readPage, ROOT } from './pages.js';

/** Code without what stands around it: indentation, blank lines, imports and packages. */
const codeOf = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(import|package) /.test(line))
    .join('\n');

/** A block of code on a page that links to the example of its name. */
interface Quote {
  readonly page: string;
  readonly folder: string;
  readonly kind: string;
  readonly code: string;
  readonly first: string;
}

function quotesOf(page: string): Quote[] {
  const text = readPage(page);
  const folder = `examples/${basename(page, '.md')}`;
  if (!existsSync(`${ROOT}/${folder}`) || !text.includes(`](../../${folder}/`)) return [];
  return [...text.matchAll(/```(ts|rego)\n(.*?)```/gs)].map(([, kind = '', block = '']) => {
    const code = codeOf(block);
    return { page, folder, kind, code, first: code.split('\n', 1)[0] ?? '' };
  });
}

const QUOTES = GUIDES.flatMap(quotesOf);

it('pages quote their examples', () => {
  expect(new Set(QUOTES.map(({ page }) => page)).size).toBeGreaterThan(5);
});

it.each(QUOTES)('$page quotes its example: $first', ({ folder, kind, code }) => {
  const files = readdirSync(`${ROOT}/${folder}`).filter((file) => file.endsWith(`.${kind}`));
  expect(files.filter((file) => codeOf(readPage(`${folder}/${file}`)).includes(code))).toHaveLength(1);
});

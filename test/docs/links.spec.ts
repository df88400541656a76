import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { GUIDE_PAGES, guidePage } from '../../libs/opa/src/contracts/guide.js';
import { GUIDES, PAGES, proseOf, readPage, ROOT } from './pages.js';

/** The relative links of a page, with their anchors: `[text](link)` and `[text]: link`. Text in backticks holds none. */
const linksOf = (text: string): string[] =>
  [
    ...proseOf(text)
      .replace(/`[^`\n]*`/g, 'code')
      .matchAll(/\](?:\(|: )(?!https?:|mailto:)([^)\s]+)/g),
  ].map(([, link = '']) => link);

/** The anchors that GitHub makes of a page's headings: a heading that occurs again gets a number. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of proseOf(text).matchAll(/^#{1,6} (.+)$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
    const slug = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-');
    const copies = [...anchors].filter((anchor) => anchor.replace(/-\d+$/, '') === slug).length;
    anchors.add(copies === 0 ? slug : `${slug}-${copies}`);
  }
  return anchors;
}

/** What is wrong with the links of a page's text. */
function brokenLinks(page: string, text: string): string[] {
  return linksOf(text).flatMap((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : join(dirname(page), path);
    if (!existsSync(join(ROOT, target))) return [`${link}: there is no ${target}`];
    // The site has a page for each linked file, and none for a folder.
    if (statSync(join(ROOT, target)).isDirectory()) return [`${link}: name a file of this folder`];
    if (anchor === undefined) return [];
    return anchorsOf(readPage(target)).has(anchor) ? [] : [`${link}: ${target} has no such heading`];
  });
}

describe('the links of', () => {
  it.each(PAGES)('%s lead to files and headings that exist', (page) => {
    expect(brokenLinks(page, readPage(page))).toEqual([]);
  });

  it.each([
    ['a missing page', '[a](docs/none.md)', 'docs/none.md: there is no docs/none.md'],
    ['a missing heading', '# A\n\n[a](#b)', '#b: README.md has no such heading'],
    [
      'a heading that stands in a block of code alone',
      '```sh\n# b\n```\n[a](#b)',
      '#b: README.md has no such heading',
    ],
    ['a folder', '[a](docs)', 'docs: name a file of this folder'],
    ['a missing page in a definition', '[a]\n\n[a]: none.md', 'none.md: there is no none.md'],
  ])('a page with %s are reported', (_what, text, problem) => {
    expect(brokenLinks('README.md', text)).toEqual([problem]);
  });

  it.each(GUIDE_PAGES)('the page %s that messages name exists', (page) => {
    const [path = ''] = guidePage(page).split(' ');
    expect(GUIDES).toContain(path);
  });

  it('docs/README.md lists every page below docs', () => {
    const index = readPage('docs/README.md');
    expect(
      GUIDES.filter((page) => page !== 'docs/README.md' && !index.includes(`](${page.slice(5)})`)),
    ).toEqual([]);
  });

  it('a page whose headings exist pass', () => {
    expect(brokenLinks('README.md', '[a](README.md#nestjs-opa)')).toEqual([]);
  });
});

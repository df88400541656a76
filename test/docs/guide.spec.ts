import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { expect, it } from '@jest/globals';

const ROOT = resolve(import.meta.dirname, '../..');
const names = (await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md'));
const pages = [...names.map((name) => `docs/${name}`), 'examples/README.md', 'SECURITY.md'];

const read = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8');

/** The links to files of the project. */
const linksOf = (text: string): string[] =>
  [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link);

/** Code without what stands around it: indentation, blank lines, imports and packages. */
const codeOf = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(import|package) /.test(line))
    .join('\n');

it.each(pages)('%s leads to pages that are there', async (page) => {
  const links = linksOf(await read(page)).map((link) => join(dirname(page), link));
  await expect(Promise.all(links.map((link) => stat(join(ROOT, link))))).resolves.toBeDefined();
});

/** The code of each page that has an example: it is quoted from there. */
const QUOTED = await Promise.all(
  names.map(async (name) => {
    const text = await read(`docs/${name}`);
    const folder = `examples/${name.replace('.md', '')}`;
    const blocks = [...text.matchAll(/```(ts|rego)\n(.*?)```/gs)];
    return linksOf(text).some((link) => link.startsWith(`../${folder}/`))
      ? blocks.map(([, kind = '', block = '']) => {
          const code = codeOf(block);
          return { name, folder, kind, code, first: code.split('\n', 1)[0] };
        })
      : [];
  }),
);

it.each(QUOTED.flat())('docs/$name quotes its example: $first', async ({ folder, kind, code }) => {
  const files = (await readdir(join(ROOT, folder))).filter((file) => file.endsWith(`.${kind}`));
  const texts = await Promise.all(files.map(async (file) => codeOf(await read(`${folder}/${file}`))));
  expect(texts.filter((text) => text.includes(code))).toHaveLength(1);
});

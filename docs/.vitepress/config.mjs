import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { defineConfig } from 'vitepress';

import { rego } from './rego.mjs';

/** The groups and pages of docs/README.md, which is index.md on the site: its headings, and the first link of each row. */
function sidebar() {
  const index = readFileSync(join(import.meta.dirname, '../docs/index.md'), 'utf8');
  return index
    .split(/^## /m)
    .slice(1)
    .map((group) => ({
      text: group.split('\n', 1)[0],
      items: [...group.matchAll(/^\| \[([^\]]+)\]\(([^)]+)\)/gm)].map(([, text, link]) => ({
        text,
        link: join('/docs', link),
      })),
    }));
}

const groups = sidebar();
// TypeDoc's own HTML: the browser loads it, not VitePress' router.
const reference = { text: 'Exported names', link: '/docs/reference/api/index.html', target: '_self' };
groups.find(({ text }) => text === 'Reference').items.push(reference);

export default defineConfig({
  title: 'nestjs-opa',
  description: 'Open Policy Agent for NestJS',
  // The pages hold no Vue templates: `{{ … }}` in a page is text.
  vue: { template: { compilerOptions: { delimiters: ['<!--{', '}-->'] } } },
  markdown: { languages: [rego] },
  themeConfig: {
    nav: [
      { text: 'Documentation', link: '/docs/index.md' },
      { text: 'Options', link: '/docs/reference/options.md' },
      reference,
    ],
    sidebar: groups,
    outline: [2, 3],
    search: { provider: 'local' },
  },
});

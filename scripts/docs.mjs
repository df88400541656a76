// npm run docs: the pages of the project and the reference of every exported name, as a site in .docs/site.
import './lib/node-version.mjs';

import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { buildReference } from './docs/reference.mjs';
import { stagePages } from './docs/stage.mjs';
import { root } from './lib/run.mjs';

const pages = join(root, '.docs/pages');
rmSync(join(root, '.docs'), { recursive: true, force: true });

stagePages(root, pages);
// VitePress copies what lies in `public`.
await buildReference(root, join(pages, 'public/docs/reference/api'));
// VitePress stops at a link that leads nowhere.
const { build } = await import('vitepress');
await build(pages, { outDir: join(root, '.docs/site') });
console.log('The site is in .docs/site. "npx vitepress serve .docs/pages" shows it.');

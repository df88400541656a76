import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';

/** The pages of the site: those below `docs`, and those at fixed places. */
export function sitePages(root) {
  const guides = readdirSync(join(root, 'docs'), { recursive: true })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  const libraries = readdirSync(join(root, 'libs')).map((name) => `libs/${name}/README.md`);
  const others = [
    'README',
    'ARCHITECTURE',
    'CHANGELOG',
    'CONTRIBUTING',
    'SECURITY',
    'deploy/README',
    'examples/README',
  ];
  return [...others.map((name) => `${name}.md`), ...libraries, ...guides];
}

/**
 * Copies the pages to a folder that VitePress builds. A source file that a page links to becomes a page too, so that no link
 * needs a host that shows the repository.
 */
export function stagePages(root, folder) {
  const write = (path, text) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const sources = new Set();
  for (const page of sitePages(root)) {
    const text = readFileSync(join(root, page), 'utf8').replace(
      /(?:\]\(|^\[[^\]\n]+\]: )(?!https?:|mailto:|#)([^)#\s]+)/gm,
      (match, link) => {
        const target = join(dirname(page), link);
        if (extname(link) === '.md') return indexOf(match);
        if (!statSync(join(root, target)).isFile()) return match;
        sources.add(target);
        return `${match}.md`;
      },
    );
    write(indexOf(page), text);
  }
  for (const source of sources) {
    const code = readFileSync(join(root, source), 'utf8');
    write(`${source}.md`, `# ${source}\n\n\`\`\`\`${languageOf(source)}\n${code}\n\`\`\`\`\n`);
  }
  cpSync(join(root, 'docs/.vitepress'), join(folder, '.vitepress'), { recursive: true });
}

/** The name of a page on the site, whose folders have an index page where the repository has a README. */
const indexOf = (path) => path.replace(/(^|[/( ])README\.md$/, '$1index.md');

/** The name that the highlighter has for a file's language. */
const languageOf = (path) => ({ '.ts': 'ts', '.yaml': 'yaml', '.mjs': 'js' })[extname(path)] ?? 'text';

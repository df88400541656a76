import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { PAGES, readPage, ROOT } from './pages.js';

/** A TypeScript snippet of a page or of a TSDoc example, as a file beside the page or source. */
interface Snippet {
  readonly name: string;
  readonly text: string;
}

const snippetsIn = (file: string, text: string): Snippet[] =>
  [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, snippet = ''], index) => ({
    name: join(ROOT, `${file}.${index + 1}.ts`),
    // Without an import or export it would share its names with all others.
    text: `${snippet}\nexport {};\n`,
  }));

const SOURCES = ['src', 'libs/opa/src', 'libs/mcp/src', 'libs/plan/src'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`),
);

/** The examples of a source's TSDoc, without the ` * ` of the comment. */
const examplesOf = (source: string): Snippet[] => {
  const comments = readPage(source).match(/\/\*\*.*?\*\//gs) ?? [];
  const examples = comments.filter((comment) => comment.includes('@example'));
  return snippetsIn(source, examples.join('\n').replace(/^ *\* ?/gm, ''));
};

const SNIPPETS = [
  ...PAGES.flatMap((page) => snippetsIn(page, readPage(page))),
  ...SOURCES.flatMap(examplesOf),
];

/** The project's own compiler options; a snippet may declare what it doesn't use. */
function compilerOptions(): ts.CompilerOptions {
  const file = join(ROOT, 'tsconfig.json');
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(file, (path) => readFileSync(path, 'utf8')).config,
    ts.sys,
    ROOT,
  );
  return { ...options, noUnusedLocals: false, noUnusedParameters: false, skipLibCheck: true };
}

function check(): ReadonlyMap<string, readonly string[]> {
  const texts = new Map(SNIPPETS.map(({ name, text }) => [name, text]));
  const options = compilerOptions();
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => texts.has(name) || fileExists(name);
  host.readFile = (name) => texts.get(name) ?? readFile(name);
  host.getSourceFile = (name, version, ...rest) => {
    const text = texts.get(name);
    return text === undefined
      ? getSourceFile(name, version, ...rest)
      : ts.createSourceFile(name, text, version, true);
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  return new Map(
    [...texts.keys()].map((name) => {
      const source = program.getSourceFile(name);
      const problems = [
        ...program.getSyntacticDiagnostics(source),
        ...program.getSemanticDiagnostics(source),
      ];
      return [name, problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))];
    }),
  );
}

describe('the TypeScript snippets of the documentation and of TSDoc', () => {
  const problems = check();

  it('exist', () => {
    expect(SNIPPETS.length).toBeGreaterThan(80);
  });

  it.each(SNIPPETS.map(({ name }) => [name.slice(ROOT.length + 1), name]))('compile: %s', (_page, name) => {
    expect(problems.get(name)).toEqual([]);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { PAGES, readPage, ROOT } from './pages.js';

/** A TypeScript snippet of a page, as a file beside the page. */
interface Snippet {
  readonly name: string;
  readonly text: string;
}

const snippetsOf = (page: string): Snippet[] =>
  [...readPage(page).matchAll(/^```ts\n(.*?)^```/gms)].map(([, text = ''], index) => ({
    name: join(ROOT, `${page}.${index + 1}.ts`),
    // Without an import or export it would share its names with all others.
    text: `${text}\nexport {};\n`,
  }));

const SNIPPETS = PAGES.flatMap(snippetsOf);

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
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      return [name, found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))];
    }),
  );
}

describe('the TypeScript snippets of the documentation', () => {
  const problems = check();

  it('are found', () => {
    expect(SNIPPETS.length).toBeGreaterThan(8);
  });

  it.each(SNIPPETS.map(({ name }) => [name.slice(ROOT.length + 1), name]))('compile: %s', (_page, name) => {
    expect(problems.get(name)).toEqual([]);
  });
});

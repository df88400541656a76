// node scripts/build-lib.mjs NAME (default: opa): builds the dist of the library in libs/NAME.
//
// TypeScript compiles the sources. Rollup then joins them into one file for each entry of package.json and one file for
// what the entries share, as ESM and as CommonJS. Few files load faster and take less space: without Rollup, nestjs-opa
// had 960 files, and each takes at least 4 KB on a disk.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import ts from 'typescript';

const lib = join(import.meta.dirname, '..', 'libs', process.argv[2] ?? 'opa');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const compiled = join(lib, 'dist', 'tsc');

rmSync(join(lib, 'dist'), { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-p', join(lib, 'tsconfig.build.json')], { stdio: 'inherit' });

/** Removes the comments, which the declarations have too. */
const withoutComments = {
  name: 'without-comments',
  renderChunk: (code) =>
    ts.transpileModule(code, {
      compilerOptions: { removeComments: true, target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
    }).outputText,
};

const scripts = [
  { format: 'esm', dir: join(lib, 'dist', 'esm') },
  // Jest's CommonJS has no `import()`, so a dynamic import becomes a `require`.
  { format: 'cjs', dir: join(lib, 'dist', 'cjs'), interop: 'auto', dynamicImportInCjs: false },
];
await bundle('.js', scripts, [withoutComments]);
await bundle('.d.ts', [{ format: 'esm', dir: join(lib, 'dist', 'esm') }], [dts()]);
cpSync(join(lib, 'dist', 'esm'), join(lib, 'dist', 'cjs'), {
  recursive: true,
  filter: (file) => !file.endsWith('.js'),
});
writeFileSync(join(lib, 'dist', 'cjs', 'package.json'), '{ "type": "commonjs" }\n');
rmSync(compiled, { recursive: true });

/** Joins the compiled files with this extension. */
async function bundle(extension, outputs, plugins = []) {
  const { exports } = JSON.parse(readFileSync(join(lib, 'package.json'), 'utf8'));
  const names = Object.values(exports)
    .filter((entry) => typeof entry === 'object')
    .map((entry) => entry.import.default.replace('./dist/esm/', '').replace(/\.js$/, ''));
  const build = await rollup({
    input: Object.fromEntries(names.map((name) => [name, join(compiled, name + extension)])),
    external: (id) => !/^[./]|^[A-Z]:/.test(id),
    plugins,
    treeshake: extension === '.js' ? false : undefined,
    onLog: (level, log) => {
      // TypeScript's helper for decorators asks for `this`, and falls back to its own code.
      if (log.code !== 'THIS_IS_UNDEFINED' && level !== 'debug') console.error(`${level}: ${log.message}`);
    },
  });
  for (const output of outputs) {
    await build.write({
      ...output,
      hoistTransitiveImports: false,
      entryFileNames: `[name]${extension}`,
      // The name of a chunk of declarations ends in `.d` already.
      chunkFileNames: `shared/[name]${extension.replace('.d', '')}`,
    });
  }
  await build.close();
}

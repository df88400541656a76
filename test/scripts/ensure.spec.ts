import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nestjs-opa-ensure-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(file: string, content: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), content);
}

/** Calls a function of the scripts with the folder and an npm that only logs its arguments. Returns the logged lines. */
function ensure(module: string, name: string, options: object = {}): string[] {
  const url = pathToFileURL(join(process.cwd(), 'scripts', 'lib', module)).href;
  const script = `import(${JSON.stringify(url)}).then((m) => m.${name}(${JSON.stringify(folder)}, ${JSON.stringify(options)}))`;
  const log = join(folder, 'npm.log');
  writeFileSync(log, '');
  execFileSync(process.execPath, ['-e', script], {
    env: { ...process.env, npm_execpath: join(folder, 'npm-cli.js'), NPM_LOG: log },
    stdio: 'ignore',
  });
  return readFileSync(log, 'utf8').split('\n').filter(Boolean);
}

const lock = (packages: object): string => JSON.stringify({ packages });

describe('ensureInstalled', () => {
  const locked = {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '1.0.0', dev: true },
    'node_modules/c': { optional: true },
  };
  const logging = `require('fs').appendFileSync(process.env.NPM_LOG, process.argv.slice(2).join(' ') + '\\n');`;
  const install = (options = {}) => ensure('install.mjs', 'ensureInstalled', options);

  beforeEach(() => {
    write('npm-cli.js', logging);
    write('package-lock.json', lock(locked));
  });

  const a = { 'node_modules/a': { version: '1.0.0' } };
  const b = { 'node_modules/b': { version: '1.0.0', dev: true } };
  const all = { ...a, ...b };
  const old = { 'node_modules/a': { version: '0.9.0' } };

  it.each<[string, object | undefined, string[], string[]]>([
    ['nothing is installed', undefined, ['ci --include=dev'], ['ci --omit=dev']],
    ['another version is installed', old, ['ci --include=dev'], ['ci --omit=dev']],
    ['a package is missing beside development packages', b, ['ci --include=dev'], ['ci --include=dev']],
    ['only development packages are missing', a, ['ci --include=dev'], []],
    ['npm has installed everything', all, [], []],
  ])('when %s', (_name, installed, forTest, forStart) => {
    if (installed !== undefined) write('node_modules/.package-lock.json', lock(installed));
    expect(install()).toEqual(forTest);
    expect(install({ omitDev: true })).toEqual(forStart);
  });
});

describe('ensureBuilt', () => {
  // Logs its arguments and writes the files that a build writes.
  const building = `
    const fs = require('fs');
    fs.appendFileSync(process.env.NPM_LOG, process.argv.slice(2).join(' ') + '\\n');
    const libraries = ['plan', 'opa', 'mcp'].map((name) => 'libs/' + name + '/dist/esm/index.js');
    for (const file of [...libraries, 'dist/main.js', 'demo/dist/main.js']) {
      fs.mkdirSync(require('path').dirname(file), { recursive: true });
      fs.writeFileSync(file, '');
    }`;
  const build = () => ensure('build.mjs', 'ensureBuilt');
  const all = ['plan', 'lib', 'mcp', 'gateway', 'demo'].map((part) => `run build:${part}`);

  beforeEach(() => {
    write('npm-cli.js', building);
    write('package.json', '{}');
    for (const file of ['tsconfig.build.json', 'package.json', 'src/index.ts'])
      for (const library of ['opa', 'mcp', 'plan']) write(`libs/${library}/${file}`, '');
    for (const file of ['src/main.ts', 'demo/src/main.ts', 'scripts/build-lib.mjs', 'package-lock.json'])
      write(file, '');
    for (const file of ['tsconfig.json', 'tsconfig.build.json', 'tsconfig.demo.json']) write(file, '');
  });

  it('builds once', () => {
    expect(build()).toEqual(all);
    expect(build()).toEqual([]);
  });

  it.each([
    'src/main.ts',
    'demo/src/main.ts',
    'libs/opa/src/index.ts',
    'libs/plan/src/index.ts',
    'tsconfig.json',
  ])('builds again when %s changes', (file) => {
    build();
    appendFileSync(join(folder, file), 'changed');
    expect(build()).toEqual(all);
  });

  it('builds again when a result is gone', () => {
    build();
    rmSync(join(folder, 'libs/opa/dist'), { recursive: true });
    expect(build()).toEqual(all);
  });
});

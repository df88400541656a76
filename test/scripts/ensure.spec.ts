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

/** Runs one of the scripts' functions on the folder, with an npm that only notes what it is asked for. */
function ensure(module: string, name: string): string[] {
  const url = pathToFileURL(join(process.cwd(), 'scripts', 'lib', module)).href;
  const script = `import(${JSON.stringify(url)}).then((m) => m.${name}(${JSON.stringify(folder)}))`;
  const log = join(folder, 'asked');
  writeFileSync(log, '');
  execFileSync(process.execPath, ['-e', script], {
    env: { ...process.env, npm_execpath: join(folder, 'npm-cli.js'), ASKED: log },
    stdio: 'ignore',
  });
  return readFileSync(log, 'utf8').split('\n').filter(Boolean);
}

const lock = (packages: object): string => JSON.stringify({ packages });

describe('ensureInstalled', () => {
  const wanted = { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { optional: true } };
  const noting = `require('fs').appendFileSync(process.env.ASKED, process.argv.slice(2).join(' ') + '\\n');`;
  const install = () => ensure('install.mjs', 'ensureInstalled');

  beforeEach(() => {
    write('npm-cli.js', noting);
    write('package-lock.json', lock(wanted));
  });

  it('installs where nothing is', () => {
    expect(install()).toEqual(['ci --include=dev']);
  });

  it.each([
    ['another version', { 'node_modules/a': { version: '0.9.0' } }],
    ['a part', {}],
  ])('installs where %s is', (_name, installed) => {
    write('node_modules/.package-lock.json', lock(installed));
    expect(install()).toEqual(['ci --include=dev']);
  });

  it('leaves alone what npm installed, whoever called it', () => {
    write('node_modules/.package-lock.json', lock({ 'node_modules/a': { version: '1.0.0' } }));
    expect(install()).toEqual([]);
  });
});

describe('ensureBuilt', () => {
  // Notes what it is asked for, and makes the files that a build makes.
  const building = `
    const fs = require('fs');
    fs.appendFileSync(process.env.ASKED, process.argv.slice(2).join(' ') + '\\n');
    for (const file of ['libs/plan/dist/esm/index.js', 'libs/opa/dist/esm/index.js', 'dist/main.js']) {
      fs.mkdirSync(require('path').dirname(file), { recursive: true });
      fs.writeFileSync(file, '');
    }`;
  const build = () => ensure('build.mjs', 'ensureBuilt');
  const all = ['run build:plan', 'run build:lib', 'run build:gateway'];

  beforeEach(() => {
    write('npm-cli.js', building);
    write('package.json', '{}');
    for (const file of ['tsconfig.cjs.json', 'tsconfig.esm.json', 'package.json', 'src/index.ts'])
      for (const library of ['opa', 'plan']) write(`libs/${library}/${file}`, '');
    for (const file of ['src/main.ts', 'scripts/build-lib.mjs', 'package-lock.json']) write(file, '');
    for (const file of ['tsconfig.json', 'tsconfig.build.json']) write(file, '');
  });

  it('builds once', () => {
    expect(build()).toEqual(all);
    expect(build()).toEqual([]);
  });

  it.each(['src/main.ts', 'libs/opa/src/index.ts', 'libs/plan/src/index.ts', 'tsconfig.json'])(
    'builds again when %s changes',
    (file) => {
      build();
      appendFileSync(join(folder, file), 'changed');
      expect(build()).toEqual(all);
    },
  );

  it('builds again when a result is gone', () => {
    build();
    rmSync(join(folder, 'libs/opa/dist'), { recursive: true });
    expect(build()).toEqual(all);
  });
});

import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { buildBundle } from './support/opa.js';

const run = promisify(execFile);
const PACKAGE = resolve(import.meta.dirname, '../..');
const ROOT = resolve(PACKAGE, '../..');

/** Starts an application with the given options, in a process of its own, and prints the files that it has loaded. */
const APPLICATION = `
require('reflect-metadata');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { OpaModule } = require('nestjs-opa');

class App {}
Module({ imports: [OpaModule.forRoot(JSON.parse(process.argv[1]))] })(App);
void (async () => {
  const app = await NestFactory.createApplicationContext(App, { logger: false });
  await app.close();
  console.log(JSON.stringify(Object.keys(require.cache)));
})();
`;

async function filesLoadedWith(options: object): Promise<string[]> {
  const { stdout } = await run(process.execPath, ['-e', APPLICATION, JSON.stringify(options)], {
    cwd: PACKAGE,
  });
  return JSON.parse(stdout) as string[];
}

const DIST = join(PACKAGE, 'dist/cjs');

/** The build makes a file of its own of what only `import()` loads. */
const CHUNK = join(DIST, 'shared/load-embedded-engine.js');

const isOfEmbeddedEngine = (file: string): boolean =>
  file === CHUNK || file.startsWith(join(ROOT, 'libs/plan'));

describe('the modules of the embedded engine', () => {
  let bundle: string;
  beforeAll(async () => {
    bundle = await buildBundle('package p\n\nallow := true\n', 'p/allow');
  });

  it('are not loaded by an application that only uses a remote OPA', async () => {
    const files = await filesLoadedWith({ url: 'http://127.0.0.1:8181' });
    expect(files).toContain(join(DIST, 'index.js'));
    expect(files.filter(isOfEmbeddedEngine)).toEqual([]);
  });

  it('are loaded when a bundle is configured', async () => {
    const files = await filesLoadedWith({ bundle });
    expect(files.filter(isOfEmbeddedEngine)).toEqual(
      expect.arrayContaining([CHUNK, join(ROOT, 'libs/plan/dist/cjs/index.js')]),
    );
  });
});

it('OpenTelemetry is not loaded without the entry nestjs-opa/telemetry', async () => {
  const files = await filesLoadedWith({ url: 'http://127.0.0.1:8181' });
  expect(files.filter((file) => file.includes('@opentelemetry'))).toEqual([]);
});

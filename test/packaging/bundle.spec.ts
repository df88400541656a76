import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { Cleanup } from '../gateway/support/cleanup.js';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../..');
const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const folderOfTest = async (): Promise<string> =>
  cleanup.add(await mkdtemp(join(tmpdir(), 'bundle-')), (folder) => rm(folder, { recursive: true }));

/** An application that asks itself, as a compiler leaves it. */
const MAIN = `
require('reflect-metadata');
const { Controller, Get, Module, UseGuards } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { OpaGuard, OpaModule, OpaPolicy } = require('nestjs-opa');
const { TestEngine } = require('nestjs-opa/testing');

class Orders { read() { return { id: 1 }; } }
const handler = Object.getOwnPropertyDescriptor(Orders.prototype, 'read');
Get('orders/1')(Orders.prototype, 'read', handler);
OpaPolicy('orders/read')(Orders.prototype, 'read', handler);
UseGuards(OpaGuard)(Orders);
Controller()(Orders);

class App {}
const engine = new TestEngine({ 'orders/read': process.argv[2] === 'allow' });
Module({ imports: [OpaModule.forRoot({ engine })], controllers: [Orders] })(App);

void (async () => {
  const app = await NestFactory.create(App, { logger: false });
  await app.listen(0, '127.0.0.1');
  const { status } = await fetch((await app.getUrl()) + '/orders/1');
  await app.close();
  console.log(status);
})();
`;

it('the application works as one bundled file with the externals of docs/guides/bundlers.md, without node_modules', async () => {
  const page = await readFile(join(ROOT, 'docs/guides/bundlers.md'), 'utf8');
  const external = [...page.matchAll(/--external:(\S+)/g)].map(([, name = '']) => name);
  expect(external.length).toBeGreaterThan(3);

  const [source, target] = [await folderOfTest(), await folderOfTest()];
  await symlink(join(ROOT, 'node_modules'), join(source, 'node_modules'), 'junction');
  await writeFile(join(source, 'main.cjs'), MAIN);
  const outfile = join(target, 'app.cjs');
  await build({
    entryPoints: [join(source, 'main.cjs')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    keepNames: true,
    external,
    outfile,
  });

  const statusWhen = async (answer: string) => (await run(process.execPath, [outfile, answer])).stdout.trim();
  expect(await statusWhen('allow')).toBe('200');
  expect(await statusWhen('deny')).toBe('403');
});

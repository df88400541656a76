import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startOpa } from 'nestjs-opa/testing';
import ts from 'typescript';
import { Cleanup } from '../gateway/support/cleanup.js';
import { send } from '../gateway/support/client.js';

const ROOT = resolve(import.meta.dirname, '../..');
const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let readme: string;
let example: string;

const exampleOf = (text: string): string => /```ts\n(.*?)```/s.exec(text)?.[1] ?? '';

beforeAll(async () => {
  readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  example = exampleOf(readme);
});

/** The example's JavaScript, as a project's own build makes it. */
function compiled(text: string): string {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
    },
  });
  return outputText;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

it("the README's Nest application works when it is pasted, with the README's policy", async () => {
  expect(example.trim().split('\n').length).toBeLessThanOrEqual(20);
  const [, rego = ''] = /```rego\n(.*?)```/s.exec(readme) ?? [];
  const opa = cleanup.add(await startOpa({ rego }), ({ stop }) => stop());
  const port = await freePort();
  const text = example.replace('http://127.0.0.1:8181', opa.url).replace('3000', String(port));
  expect(text).toContain(opa.url);
  expect(text).toContain(`listen(${port})`);

  const folder = cleanup.add(await mkdtemp(join(tmpdir(), 'readme-')), (made) =>
    rm(made, { recursive: true }),
  );
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
  await writeFile(join(folder, 'main.mjs'), compiled(text));
  const app = spawn(process.execPath, ['main.mjs'], { cwd: folder, env: {}, stdio: 'ignore' });
  const exited = once(app, 'exit');
  cleanup.add(app, async () => {
    app.kill();
    await exited;
  });
  // Nest says that it has started before it listens.
  const listens = async () => (await send(port, { path: '/' }).catch(() => undefined)) !== undefined;
  while (!(await listens())) expect(app.exitCode).toBeNull();

  const allowed = await send(port, { path: '/orders/1' });
  expect([allowed.status, allowed.json()]).toEqual([200, { id: 1 }]);
  expect(await send(port, { path: '/orders/2' })).toMatchObject({ status: 403 });
});

it('the README of nestjs-opa has the same example', async () => {
  expect(exampleOf(await readFile(join(ROOT, 'libs/opa/README.md'), 'utf8'))).toBe(example);
});

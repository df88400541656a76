import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lastLine, run, runInstalled } from '../support/commands.js';
import { startCommand, writeGateway } from './support/gateway-command.js';
import { install, pack } from './support/packed.js';

// The test packs and installs the packages; the registry may be slow.
const PATIENCE = 300_000;
const root = resolve(import.meta.dirname, '../..');

let folder: string;
let app: string;
let upstream: { close(): void } | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nestjs-opa-gateway-'));
  app = join(folder, 'app');
  await mkdir(app);
  await install(app, ...Object.values(await pack(folder)));
  const opa = lastLine(await run(root, 'node', 'scripts/get-opa.mjs'));
  upstream = await writeGateway(app, opa);
}, PATIENCE);
afterAll(async () => {
  upstream?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the packed gateway, installed in an empty folder', () => {
  it('runs as "npx nestjs-opa-gateway my.yaml", decides requests and ends on SIGTERM', async () => {
    const gateway = await startCommand(app, 'npx', '--offline', 'nestjs-opa-gateway', 'my.yaml');
    const read = await fetch(`${gateway.url}/api/orders/1`);
    expect([read.status, await read.text()]).toEqual([200, 'upstream got /1']);
    const removal = await fetch(`${gateway.url}/api/orders/1`, { method: 'DELETE' });
    expect(removal.status).toBe(403);
    await gateway.stop();
    await expect(fetch(gateway.url)).rejects.toThrow('fetch failed');
  });

  it('ends with exit code 0', async () => {
    const command = join(app, 'node_modules', '.bin', 'nestjs-opa-gateway');
    const gateway = await startCommand(app, command, 'my.yaml');
    expect(await gateway.stop()).toBe(0);
    expect(gateway.output()).not.toMatch(/ExperimentalWarning|DeprecationWarning|demo/i);
  });

  it('prints its usage', async () => {
    const { stdout } = await runInstalled(app, 'nestjs-opa-gateway', '--help');
    expect(stdout).toMatch(/^Usage: nestjs-opa-gateway \[file\]\n/);
  });

  it.each([
    [[], 'no configuration file. Pass its path, or set GATEWAY_CONFIG.'],
    [['missing.yaml'], 'missing.yaml: cannot be read (ENOENT).'],
    [['--verbose'], "Unknown option '--verbose'."],
  ])('%j fails with one line', async (args, message) => {
    const error = await runInstalled(app, 'nestjs-opa-gateway', ...args).catch((thrown: unknown) => thrown);
    const { code, stderr } = (error as Error).cause as { code: number; stderr: string };
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringContaining(`The gateway did not start: ${message}`),
    ]);
  });
});

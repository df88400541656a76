import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { env, lastLine, run, runInstalled } from '../support/commands.js';
import { startCommand, writeGateway } from './support/gateway-command.js';
import { install, pack } from './support/packed.js';

// The test installs the packages and three versions of Node; the registry may be slow.
const PATIENCE = 300_000;
const root = resolve(import.meta.dirname, '../..');
const fixtures = join(import.meta.dirname, 'fixtures');

const { PATH = '' } = process.env;

/** Evaluates the bundle of the gateway with the CommonJS builds. */
const COMMONJS = `
require('reflect-metadata');
const { OpaModule } = require('nestjs-opa');
const { McpGatewayModule } = require('nestjs-opa-mcp');
require('opa-plan').loadPlan('bundle.tar.gz').then((policy) => {
  const allowed = policy.evaluate('orders/read', { request: { method: 'GET' } });
  console.log(typeof OpaModule.forRoot, typeof McpGatewayModule.forRoot, allowed);
});
`;

let folder: string;
let app: string;
let upstream: { close(): void } | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nestjs-opa-node-'));
  app = join(folder, 'app');
  await cp(join(fixtures, 'nest12-esm'), app, { recursive: true });
  await cp(join(fixtures, 'orders.rego'), join(app, 'orders.rego'));
  await install(app, ...Object.values(await pack(folder)));
  await runInstalled(app, 'tsc');
  const opa = lastLine(await run(root, 'node', 'scripts/get-opa.mjs'));
  env['OPA_BIN'] = opa;
  upstream = await writeGateway(app, opa);
}, PATIENCE);
afterAll(async () => {
  upstream?.close();
  await rm(folder, { recursive: true, force: true });
});

describe.each(['20.19.6', '22.23.3', '24.9.0'])('the packed packages on Node %s', (version) => {
  let node: string;
  beforeAll(async () => {
    node = lastLine(await run(root, 'node', 'scripts/get-node.mjs', version));
    expect(lastLine(await run(app, node, '--version'))).toBe(`v${version}`);
  }, PATIENCE);
  afterEach(() => {
    env['PATH'] = PATH;
  });

  it('run in an application of ES modules', async () => {
    expect(lastLine(await run(app, node, 'main.js'))).toBe('nest12-esm passed');
  });

  it('can be required', async () => {
    const { stdout } = await run(app, node, '--input-type=commonjs', '--eval', COMMONJS);
    expect(stdout.trim()).toBe('function function true');
  });

  it('start with "npx nestjs-opa-gateway"', async () => {
    // npx and the gateway run with the first Node in PATH.
    env['PATH'] = [dirname(node), PATH].join(delimiter);
    const gateway = await startCommand(app, 'npx', '--offline', 'nestjs-opa-gateway', 'my.yaml');
    const read = await fetch(`${gateway.url}/api/orders/1`);
    expect([read.status, await read.text()]).toEqual([200, 'upstream got /1']);
    await gateway.stop();
  });
});

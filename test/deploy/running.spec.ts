import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../gateway/support/cleanup.js';
import { send } from '../gateway/support/client.js';
import { startGatewayWith } from '../gateway/support/gateway-process.js';
import type { GatewayProcess } from '../gateway/support/gateway-process.js';
import { AUDIENCE, ISSUER, startIssuer } from '../gateway/support/tokens.js';
import type { Issuer } from '../gateway/support/tokens.js';
import { ORDER, startOrders, startServer } from '../gateway/support/upstream.js';
import { run } from '../support/commands.js';
import { DEPLOY, document, environment, instructions, specOf } from './support/manifests.js';
import type { Deployment, OpaConfig } from './support/manifests.js';

// A real install; the registry may be slow.
const PATIENCE = 300_000;
const ROOT = resolve(DEPLOY, '..');
const OPA = process.env['OPA_BIN'] ?? 'opa';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let folder: string;
beforeAll(async () => {
  folder = cleanup.add(await mkdtemp(join(tmpdir(), 'deploy-')), (made) => rm(made, { recursive: true }));
});

/** What the build reads for the demo. The image has no demo. */
const DEMO = new Set(['demo/src', 'tsconfig.demo.json']);

// Installed packages are linked to, and what is linked to must not be changed.
const isOurs = (path: string): boolean => basename(path) !== 'node_modules';

/** Does the COPY instructions of a stage, from one folder into another; those of `--from` an other stage, or none. */
async function copy(stage: string, from: string | undefined, source: string, target: string): Promise<void> {
  for (const { words } of instructions().filter((one) => one.stage === stage && one.name === 'COPY')) {
    const [flag = '', ...rest] = words;
    const paths = flag.startsWith('--from=') ? rest : words;
    if ((flag.startsWith('--from=') ? flag.slice('--from='.length) : undefined) !== from) continue;
    const to = paths.at(-1) ?? '';
    for (const path of paths.slice(0, -1)) {
      const file = path.replace(/^\/app\//, '');
      if (!isOurs(file)) continue;
      const place = to.endsWith('/') ? join(target, to, file.split('/').at(-1) ?? '') : join(target, to);
      await mkdir(dirname(place), { recursive: true });
      await cp(join(source, file), place, { recursive: true, filter: isOurs });
    }
  }
}

/** A port that is free, for a program that wants to be told one. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

/** What lies in a folder, the installed packages apart. */
async function filesOf(path: string): Promise<string[]> {
  const all = await readdir(path, { recursive: true });
  return all.filter((file) => !file.split('/').includes('node_modules')).sort();
}

it(
  "the gateway's image has everything that the gateway needs, and production packages only",
  async () => {
    const build = join(folder, 'build');
    await copy('build', undefined, ROOT, build);
    const script = join(ROOT, 'scripts/lib/build.mjs');
    const { SOURCES } = (await import(script)) as { readonly SOURCES: readonly string[] };
    const missing = SOURCES.filter((source) => !existsSync(join(build, source)));
    expect(missing.filter((source) => !DEMO.has(source))).toEqual([]);
    // Built already, from those.
    for (const made of ['dist', 'libs/opa/dist', 'libs/mcp/dist', 'libs/plan/dist']) {
      await cp(join(ROOT, made), join(build, made), { recursive: true });
    }

    const app = join(folder, 'app');
    await copy('gateway', 'build', build, app);
    await cp(join(ROOT, 'package-lock.json'), join(app, 'package-lock.json'));
    await run(app, 'npm', 'ci', '--omit=dev', '--omit=optional', '--prefer-offline');
    const packages = await readdir(join(app, 'node_modules'));
    expect(packages.filter((name) => ['typescript', 'rollup', 'graphql', '@grpc'].includes(name))).toEqual(
      [],
    );

    const [, main = ''] = instructions().find(({ name }) => name === 'CMD')?.words ?? [];
    const before = await filesOf(app);
    expect(before).toContain(main);
    const env = { ...environment(), GATEWAY_CONFIG: join(DEPLOY, 'config/gateway.yaml'), HOST: '127.0.0.1' };
    const gateway = await startGatewayWith({ ...env, NODE_ENV: 'production' }, join(app, main));
    expect(await send(gateway.port, { path: '/health/live' })).toMatchObject({ status: 200 });
    expect(await gateway.end()).toBe(0);
    expect(await filesOf(app)).toEqual(before);
  },
  PATIENCE,
);

describe('gateway, OPA and bundle server, with the arguments and files of the pod', () => {
  let gateway: GatewayProcess;
  let issuer: Issuer;
  let release: () => void;

  /** The bundle, as the image of the bundle server has it. */
  async function bundle(): Promise<Buffer> {
    const { words = [] } =
      instructions().find(({ stage, name }) => stage === 'policies' && name === 'RUN') ?? {};
    const file = join(folder, 'gateway.tar.gz');
    const args = words
      .slice(1)
      .map((word) => (word === '/gateway.tar.gz' ? file : word.replace(/^\/policies/, 'policies')));
    await run(ROOT, OPA, ...args);
    return readFile(file);
  }

  /** Starts OPA with the pod's arguments, on ports of this machine's loopback that are free. */
  async function startOpa(bundles: string): Promise<{ url: string; diagnostics: number }> {
    const { spec } = (specOf('Deployment', 'gateway') as Deployment).template;
    const args = spec.initContainers?.[0]?.args ?? [];
    const { services } = document('config/opa.yaml') as OpaConfig;
    const config = join(folder, 'opa.yaml');
    const text = await readFile(join(DEPLOY, 'config/opa.yaml'), 'utf8');
    await writeFile(config, text.replace(new URL(services.bundles.url).origin, bundles));
    const [port, diagnostics] = [await freePort(), await freePort()];
    const ours = args.map((arg) =>
      arg
        .replace(/^--addr=.*/, `--addr=127.0.0.1:${port}`)
        .replace(/^--diagnostic-addr=.*/, `--diagnostic-addr=127.0.0.1:${diagnostics}`)
        .replace('/config/opa.yaml', config),
    );
    const opa = spawn(OPA, ours, { stdio: 'ignore' });
    const exited = once(opa, 'exit');
    cleanup.add(opa, async () => {
      opa.kill();
      await exited;
    });
    return { url: `http://127.0.0.1:${port}`, diagnostics };
  }

  /** The gateway's file without its Redis, which is a service of its own. */
  async function withoutRedis(): Promise<string> {
    const text = await readFile(join(DEPLOY, 'config/gateway.yaml'), 'utf8');
    const file = join(folder, 'gateway.yaml');
    await writeFile(file, text.replace(/^redis:.*\n( .*\n)+/m, ''));
    return file;
  }

  beforeAll(async () => {
    issuer = cleanup.add(await startIssuer(), ({ remove }) => remove());
    const orders = cleanup.add(await startOrders(), ({ close }) => close());
    const built = await bundle();
    const released = new Promise<void>((resolve) => (release = resolve));
    const bundles = await startServer((request, response) => {
      void released.then(() =>
        request.url === '/bundles/gateway.tar.gz' ? response.end(built) : response.writeHead(404).end(),
      );
    });
    cleanup.add(bundles, ({ close }) => close());
    const { url, diagnostics } = await startOpa(bundles.url);
    gateway = cleanup.add(
      await startGatewayWith({
        ...environment(),
        AUTH_JWKS: issuer.jwksFile,
        AUTH_ISSUER: ISSUER,
        AUTH_AUDIENCE: AUDIENCE,
        ORDERS_URL: orders.url,
        GATEWAY_CONFIG: await withoutRedis(),
        GATEWAY_SESSION_KEY: 'of at least thirty-two characters',
        NODE_ENV: 'production',
        HOST: '127.0.0.1',
        OPA_URL: url,
      }),
      ({ end }) => end(),
    );
    await until(diagnostics, '/health', 200);
  });

  /** Asks until the answer has this status; the test's time is the limit. */
  async function until(port: number, path: string, status: number): Promise<void> {
    while ((await send(port, { path }).catch(() => undefined))?.status !== status);
  }

  it('is ready once OPA has its bundle, and decides by the bundle', async () => {
    expect(await send(gateway.port, { path: '/health/live' })).toMatchObject({ status: 200 });
    expect(await send(gateway.port, { path: '/health/ready' })).toMatchObject({ status: 503 });
    release();
    await until(gateway.port, '/health/ready', 200);

    const ask = async (role: string, method: string) => {
      const token = await issuer.sign({ sub: 'alice', role });
      return send(gateway.port, { path: '/api/orders/1001', method, token });
    };
    expect((await ask('editor', 'GET')).json()).toEqual(ORDER);
    expect((await ask('viewer', 'GET')).text).not.toContain(ORDER.customer.email);
    expect(await ask('viewer', 'DELETE')).toMatchObject({ status: 403 });
    expect(await send(gateway.port, { path: '/api/orders/1001' })).toMatchObject({ status: 401 });
  });
});

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import type { HttpResponse } from './support/client.js';
import { failToStart, startGateway, startGatewayWith, writeConfig } from './support/gateway-process.js';
import type { GatewayProcess } from './support/gateway-process.js';
import { startIssuer } from './support/tokens.js';
import { startServer } from './support/upstream.js';

const run = promisify(execFile);
const TOKEN_SCRIPT = join(import.meta.dirname, '../../scripts/token.mjs');
const CURL = /^curl -sS (?:-X (\w+) )?-H 'Authorization: Bearer (\S+)' http:\/\/127\.0\.0\.1:(\d+)(\/\S+)$/gm;

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let folder: string;
let gateway: GatewayProcess;
let commands: RegExpExecArray[];

beforeAll(async () => {
  folder = cleanup.add(await mkdtemp(join(tmpdir(), 'dev-')), (path) => rm(path, { recursive: true }));
  gateway = cleanup.add(await startGatewayWith({ GATEWAY_DEV_DIR: folder }), ({ end }) => end());
  commands = [...gateway.output().matchAll(CURL)];
});

/** Does what a printed `curl` line would do. */
function follow(index: number): Promise<HttpResponse> {
  const [, method = 'GET', token = '', port, path = ''] = commands[index] ?? [];
  expect(Number(port)).toBe(gateway.port);
  return send(Number(port), { method, token, path });
}

const token = async (...args: string[]): Promise<string> => {
  const { stdout } = await run(process.execPath, [TOKEN_SCRIPT, ...args], {
    env: { ...process.env, GATEWAY_DEV_DIR: folder },
  });
  return stdout.trim();
};

it('prints where everything is, and three lines to paste', () => {
  expect(gateway.output()).toMatch(/^Address +http:\/\/127\.0\.0\.1:\d+$/m);
  expect(gateway.output()).toMatch(/^Engine +embedded, .*bundle\.tar\.gz$/m);
  expect(gateway.output()).toMatch(/^Policies +.*policies$/m);
  expect(gateway.output().match(/^curl /gm)).toHaveLength(3);
  expect(commands).toHaveLength(3);
});

it('the first line is allowed', async () => {
  const response = await follow(0);
  expect(response.status).toBe(200);
  expect(response.json()).toMatchObject({ id: 1001, customer: { email: 'ada@example.com' } });
});

it('the second line is denied, with reasons', async () => {
  const response = await follow(1);
  expect([response.status, response.json()]).toMatchObject([
    403,
    { reasons: [expect.stringContaining('DELETE')] },
  ]);
});

it('the third line is masked', async () => {
  const response = await follow(2);
  expect(response.status).toBe(200);
  expect(response.json()).toMatchObject({ id: 1001, customer: { name: 'Ada Lovelace' } });
  expect(response.text).not.toContain('ada@example.com');
});

it('npm run token prints a token and nothing else, and the gateway accepts it', async () => {
  const editor = await token('--sub', 'carol', '--role=editor', '--team', 'blue', '--expires', '5m');
  const [, payload = ''] = editor.split('.');
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
    sub: 'carol',
    role: 'editor',
    team: 'blue',
  });
  const body = JSON.stringify({ item: 'milk', quantity: 1, customer: { name: 'C', email: 'c@example.com' } });
  const headers = { 'content-type': 'application/json' };
  const created = await send(gateway.port, {
    path: '/api/orders',
    method: 'POST',
    token: editor,
    body,
    headers,
  });
  expect([created.status, created.json()]).toMatchObject([201, { item: 'milk' }]);
  const path = `/api/orders/${(created.json() as { id: number }).id}`;
  expect(await send(gateway.port, { path, method: 'DELETE', token: editor })).toMatchObject({ status: 204 });
  expect(await send(gateway.port, { path, token: editor })).toMatchObject({ status: 404 });

  const viewer = await token('--sub', 'alice', '--role', 'viewer');
  const list = await send(gateway.port, { path: '/api/orders', token: viewer });
  expect(list.json()).toHaveLength(3);
  expect(list.text).not.toContain('@example.com');
});

it.each([
  [[], '--sub is needed'],
  [['--sub'], 'not "--claim value"'],
  [['alice'], 'not "--claim value"'],
])('npm run token %j reports the missing or invalid argument', async (args, message) => {
  await expect(token(...args)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(message),
    stdout: '',
  });
});

it('stores its key so that only its user can read it, and uses it again', async () => {
  const key = await readFile(join(folder, 'key.json'), 'utf8');
  expect((await stat(join(folder, 'key.json'))).mode & 0o777).toBe(0o600);
  const again = await startGatewayWith({ GATEWAY_DEV_DIR: folder });
  expect(await again.end()).toBe(0);
  expect(await readFile(join(folder, 'key.json'), 'utf8')).toBe(key);
  expect(await readFile(join(folder, 'jwks.json'), 'utf8')).not.toContain('"d"');
});

it.each(['production', 'Production', 'PRODUCTION', ' production\n'])(
  'never runs in production, nor does its key: %j',
  async (NODE_ENV) => {
    const refused = await failToStart({ GATEWAY_DEV_DIR: folder, NODE_ENV });
    expect(refused).toMatchObject({
      code: 1,
      output: expect.stringContaining('NODE_ENV=production refuses'),
    });

    const { file } = cleanup.add(await writeConfig(''), ({ remove }) => remove());
    await writeFile(
      file,
      JSON.stringify({
        auth: { jwks: join(folder, 'jwks.json'), issuer: 'https://development.invalid', audience: 'gateway' },
        upstreams: [{ name: 'orders', url: 'http://127.0.0.1:1', policy: 'a/b' }],
      }),
    );
    const other = await failToStart({ GATEWAY_CONFIG: file, NODE_ENV });
    expect(other).toMatchObject({ code: 1, output: expect.stringContaining('holds the development key') });
  },
);

it('refuses the development key in production when it comes from a URL, and accepts other keys', async () => {
  const issuer = cleanup.add(await startIssuer(), ({ remove }) => remove());
  const development = JSON.parse(await readFile(join(folder, 'jwks.json'), 'utf8')) as { keys: object[] };
  const keys = [...development.keys, ...(issuer.jwks as { keys: object[] }).keys];
  const server = await startServer((_request, response) => response.end(JSON.stringify({ keys })));
  cleanup.add(server, ({ close }) => close());
  const config = {
    auth: { jwks: server.url, issuer: 'https://development.invalid', audience: 'gateway' },
    opa: { url: 'http://127.0.0.1:1' },
    upstreams: [{ name: 'orders', url: 'http://127.0.0.1:1', policy: 'a/b' }],
  };
  const production = cleanup.add(await startGateway(config, { NODE_ENV: 'Production' }), ({ end }) => end());
  const path = '/api/orders/1';
  const ownToken = await issuer.sign({ sub: 'ann', iss: config.auth.issuer });
  expect(await send(production.port, { path, token: await token('--sub', 'eve') })).toMatchObject({
    status: 401,
  });
  // Known, and then nobody can decide.
  expect(await send(production.port, { path, token: ownToken })).toMatchObject({ status: 503 });
  expect(production.output()).toContain('holds the development key');
});

it('runs a file of its own without the demo and without its key', async () => {
  const dev = join(folder, 'not-made');
  const { file } = cleanup.add(await writeConfig(''), ({ remove }) => remove());
  await writeFile(file, 'upstreams: [{ name: orders, url: http://127.0.0.1:1, policy: a/b }]');
  const ownGateway = await startGatewayWith({
    GATEWAY_CONFIG: file,
    GATEWAY_DEV_DIR: dev,
    NODE_ENV: 'production',
  });
  expect(await send(ownGateway.port, { path: '/health/live' })).toMatchObject({ status: 200 });
  expect(await ownGateway.end()).toBe(0);
  expect(ownGateway.output()).not.toMatch(/curl|Address|demo/i);
  await expect(stat(dev)).rejects.toMatchObject({ code: 'ENOENT' });
});

it('npm start runs the demo, and ends it when npm gets a signal', async () => {
  const { PATH = '', HOME = '' } = process.env;
  const npm = spawn('npm', ['start'], {
    cwd: join(import.meta.dirname, '../..'),
    env: { PATH, HOME, PORT: '0', NO_COLOR: '1', GATEWAY_DEV_DIR: folder },
  });
  let output = '';
  // Both streams end when the last process that holds them has, the gateway and not only npm.
  const ended = once(npm, 'close');
  npm.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  for await (const chunk of npm.stdout) {
    output += String(chunk);
    if (output.includes('Listening on') && npm.exitCode === null && !npm.killed) npm.kill();
  }
  await ended;
  expect(output).toMatch(/^curl /m);
  expect(output).not.toMatch(/Installing|Building/);
});

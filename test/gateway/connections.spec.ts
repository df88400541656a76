import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from '@jest/globals';
import { call, post } from './mcp/support/mcp-gateway.js';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import { startGateway } from './support/gateway-process.js';
import { startOpa } from './support/opa-process.js';
import { startServer } from './support/upstream.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

/** Writes the port of every connection that the process opens into a file. */
const watcher = (file: string): string => `import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
subscribe('net.client.socket', ({ socket }) => {
  socket.once('connect', () => appendFileSync(${JSON.stringify(file)}, socket.remotePort + '\\n'));
});`;

const REGO = `package limits
request := {"allow": true, "obligations": [{"type": "limit", "properties": {"key": "all", "points": 2, "seconds": 60}}]}`;

it('a gateway without "redis" connects to OPA and to its upstreams only, also for limits and MCP sessions', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'connections-'));
  cleanup.add(undefined, () => rm(folder, { recursive: true }));
  const [script, ports] = [join(folder, 'watch.mjs'), join(folder, 'ports')];
  await writeFile(script, watcher(ports));
  const opa = cleanup.add(await startOpa({ rego: { 'limits.rego': REGO } }), ({ kill }) => kill());
  const upstream = await startServer((_request, response) => response.end('{}'));
  cleanup.add(upstream, ({ close }) => close());
  const policy = 'limits/request';
  const config = {
    opa: { url: opa.url },
    upstreams: [{ name: 'up', url: upstream.url, policy }],
    mcp: [{ name: 'up', url: `${upstream.url}/mcp`, policy }],
  };
  const options = `--import=${pathToFileURL(script).href}`;
  const gateway = cleanup.add(await startGateway(config, { NODE_OPTIONS: options }), ({ end }) => end());
  const statuses = [];
  for (let n = 0; n < 3; n += 1) statuses.push((await send(gateway.port, { path: '/api/up/orders' })).status);
  const message = call('initialize', { protocolVersion: '2025-11-25', capabilities: {} });
  const limited = (await post(gateway.port, message)).json() as { error: { code: number } };
  expect([...statuses, limited.error.code]).toEqual([200, 200, 429, -32029]);
  const connected = new Set((await readFile(ports, 'utf8')).trim().split('\n'));
  expect([...connected].sort()).toEqual([new URL(opa.url).port, new URL(upstream.url).port].sort());
});

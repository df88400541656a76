import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const script = join(import.meta.dirname, '../../../../../scripts/get-toxiproxy.mjs');

/** Something that Toxiproxy does to a connection, by its own names. */
export interface Toxic {
  readonly type: string;
  readonly stream?: 'upstream' | 'downstream';
  /** The share of connections that have it. Default: all. */
  readonly toxicity?: number;
  readonly attributes?: Readonly<Record<string, number>>;
}

/** A proxy to one upstream. */
export interface Proxy {
  /** The address in front of it. */
  readonly url: string;
  add(toxic: Toxic): Promise<unknown>;
  /** Takes no connection from now on. */
  cut(): Promise<unknown>;
  /** Works as if nothing had ever been done to it. */
  mend(): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts Toxiproxy in front of a `host:port`. */
export async function startToxiproxy(upstream: string): Promise<Proxy> {
  const { stdout } = await run(process.execPath, [script]);
  const port = await freePort();
  const binary = stdout.trim();
  const child = spawn(binary, ['-host', '127.0.0.1', '-port', String(port)], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const call = (method: string, path: string, body?: object): Promise<unknown> =>
    ask(port, method, path, body);
  while (
    !(await call('GET', '/version').then(
      () => true,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`Toxiproxy ended with ${child.exitCode}.`);
    await after(25);
  }
  const proxy = (await call('POST', '/proxies', { name: 'opa', listen: '127.0.0.1:0', upstream })) as {
    listen: string;
  };
  return {
    url: `http://${proxy.listen}`,
    add: (toxic) => call('POST', '/proxies/opa/toxics', toxic),
    cut: () => call('POST', '/proxies/opa', { enabled: false }),
    mend: () => call('POST', '/reset'),
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

// Without a kept connection, for the tests count what is open in this process.
async function ask(port: number, method: string, path: string, body?: object): Promise<unknown> {
  const sent = request({ host: '127.0.0.1', port, method, path, agent: false });
  sent.end(body && JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [AsyncIterable<Buffer> & { statusCode: number }];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  if (response.statusCode >= 300) throw new Error(`Toxiproxy answered ${response.statusCode}: ${text}`);
  return text.startsWith('{"name"') ? JSON.parse(text) : text;
}

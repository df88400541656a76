import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { env, run } from '../../support/commands.js';

const POLICY = 'package orders\n\ndefault read := false\n\nread if input.request.method == "GET"\n';

/** Writes a bundle and `my.yaml`, a gateway's file, into a folder. The gateway forwards to the returned server. */
export async function writeGateway(folder: string, opa: string): Promise<{ close(): void }> {
  const upstream = createServer((request, response) => response.end(`upstream got ${request.url ?? ''}`));
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  await mkdir(join(folder, 'policies'));
  await writeFile(join(folder, 'policies', 'orders.rego'), POLICY);
  await run(folder, opa, 'build', '-t', 'plan', '-e', 'orders/read', '-o', 'bundle.tar.gz', 'policies');
  const { port } = upstream.address() as AddressInfo;
  const config = `listen: { port: 0 }
opa: { bundle: bundle.tar.gz }
upstreams: [{ name: orders, url: "http://127.0.0.1:${port}", policy: orders/read }]
`;
  await writeFile(join(folder, 'my.yaml'), config);
  return upstream;
}

/** A command that runs the gateway. */
export interface GatewayCommand {
  readonly url: string;
  readonly output: () => string;
  /** Sends SIGTERM to the command and its children. Resolves with the exit code when all of them have ended. */
  stop(): Promise<number | null>;
}

/** Starts a command in a folder and waits until the gateway listens. */
export async function startCommand(
  folder: string,
  program: string,
  ...args: string[]
): Promise<GatewayCommand> {
  const child = spawn(program, args, { cwd: folder, env: { ...env, NO_COLOR: '1' }, detached: true });
  const closed = once(child, 'close') as Promise<[number | null]>;
  let output = '';
  const url = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const address = /Listening on (http:\/\/\S+)/.exec(output)?.[1];
      if (address !== undefined) resolve(address);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    closed.then(() => reject(new Error(`The command ended: ${output}`)), reject);
  });
  const stop = async (): Promise<number | null> => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    const [code] = await closed;
    return code;
  };
  return { url: await url, output: () => output, stop };
}

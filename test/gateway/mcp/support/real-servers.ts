import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Cleanup } from '../../support/cleanup.js';

const FIXTURES = join(import.meta.dirname, '../fixtures');
const GO_SCRIPT = join(import.meta.dirname, '../../../../scripts/get-go-servers.mjs');
/** What a server writes when it listens. mcp-gitlab writes `Endpoint:`, and then a colour. */
const LISTENING = /(?:Listening on|Endpoint:) (http:\/\/[\w.:/]+)/;

/** Starts `@modelcontextprotocol/server-everything`, 2025-11-25, as a process; gives its URL. */
export function startEverything(cleanup: Cleanup): Promise<string> {
  const main = createRequire(import.meta.url).resolve(
    '@modelcontextprotocol/server-everything/dist/index.js',
  );
  // It would listen on every address.
  const args = ['--import', join(FIXTURES, 'loopback.mjs'), main, 'streamableHttp'];
  return startProcess(cleanup, process.execPath, args, { PORT: '0' });
}

/** Starts the server on the protocol's 2.x packages, both eras, as a process; gives its URL. */
export const startReference = (cleanup: Cleanup): Promise<string> =>
  startProcess(cleanup, process.execPath, [join(FIXTURES, 'reference/server.mjs')], {});

/** The servers in Go: on `encoding/json` alone, and on the official SDK. */
export type GoServer = 'plain' | 'sdk';

/** Builds the servers in Go, unless the cache has them; gives their programs. */
export async function buildGoServers(): Promise<Readonly<Record<GoServer, string>>> {
  const { stdout } = await promisify(execFile)(process.execPath, [GO_SCRIPT]);
  return JSON.parse(stdout) as Record<GoServer, string>;
}

/** Starts a server in Go as a process; gives its URL. */
export const startGo = (cleanup: Cleanup, program: string): Promise<string> =>
  startProcess(cleanup, program, [], {});

/** Starts a server as a process, which ends with the test. Gives the URL that the server writes. */
export function startProcess(
  cleanup: Cleanup,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const { PATH = '' } = process.env;
  const child = spawn(program, args, {
    env: { PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  cleanup.add(child, async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let output = '';
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const url = LISTENING.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void exited.then(() => reject(new Error(`the server ended: ${output}`)));
  });
}

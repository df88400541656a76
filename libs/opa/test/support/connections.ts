import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The number of open connections to a local port, from the kernel. Half-closed connections count. */
export interface Connections {
  /** Sockets of the server. */
  readonly server: number;
  /** Sockets of the clients. */
  readonly client: number;
}

type Ports = readonly [local: number, remote: number];

/** Counts the connections to the port of an address. */
export async function connectionsTo(url: string): Promise<Connections> {
  const port = Number(new URL(url).port);
  const all = process.platform === 'linux' ? await fromProc() : await fromLsof(port);
  return {
    server: all.filter(([local]) => local === port).length,
    client: all.filter(([, remote]) => remote === port).length,
  };
}

const ESTABLISHED = '01';
const CLOSE_WAIT = '08';

// A line is: sl local_address rem_address st …. An address is hex:hex.
async function fromProc(): Promise<Ports[]> {
  const files = ['/proc/net/tcp', '/proc/net/tcp6'].filter((file) => existsSync(file));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return texts
    .flatMap((text) => text.trim().split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === ESTABLISHED || state === CLOSE_WAIT)
    .map(([, local = '', remote = '']) => [hexPort(local), hexPort(remote)] as const);
}

const hexPort = (address: string): number => Number.parseInt(address.slice(address.lastIndexOf(':') + 1), 16);

// A line is: n127.0.0.1:50000->127.0.0.1:8181. lsof exits with 1 when no connection has one of the states.
async function fromLsof(port: number): Promise<Ports[]> {
  const args = ['-nP', `-iTCP:${port}`, '-sTCP:ESTABLISHED,CLOSE_WAIT', '-Fn'];
  const { stdout } = await run('lsof', args).catch((error: unknown) => {
    const failed = error as { code?: unknown; stdout: string };
    if (failed.code === 1) return failed;
    throw error;
  });
  return [...stdout.matchAll(/^n.*:(\d+)->.*:(\d+)$/gm)].map(
    ([, local, remote]) => [Number(local), Number(remote)] as const,
  );
}

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The open connections to a port of this machine, as the kernel knows them; half-closed ones count. */
export interface Connections {
  /** Ends that the server holds. */
  readonly server: number;
  /** Ends that its clients hold. */
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

// sl  local_address rem_address st …, where an address is hex:hex.
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

// n127.0.0.1:50000->127.0.0.1:8181; it exits with 1 when there is none in one of the states.
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

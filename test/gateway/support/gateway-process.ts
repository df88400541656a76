import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../../dist/main.js');
const DEMO = join(import.meta.dirname, '../../../demo/dist/main.js');
const LISTENING = /Listening on https?:\/\/(?:\[[^\]]+\]|[^:]+):(\d+)/;

type Env = Record<string, string>;

/** The gateway as a process of its own. */
export interface GatewayProcess {
  readonly port: number;
  /** What it has written, on both streams. */
  output(): string;
  /** Resolves once the output matches. */
  until(pattern: RegExp): Promise<void>;
  /** Sends a signal that does not end the process. */
  signal(signal: NodeJS.Signals): void;
  /** Sends a signal, and gives the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** What a gateway that didn't start has left. */
export interface FailedStart {
  readonly code: number | null;
  readonly output: string;
}

function run(env: Env, main = 'GATEWAY_CONFIG' in env ? MAIN : DEMO) {
  // Nothing of the test's own environment but what finds programs: `OPA_URL` and the like would change the gateway.
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [main], { env: { PATH, PORT: '0', NO_COLOR: '1', ...env } });
  let output = '';
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve));
  const port = new Promise<number>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const listeningPort = LISTENING.exec(output)?.[1];
      if (listeningPort !== undefined) resolve(Number(listeningPort));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void exited.then((code) => reject(new Error(`the gateway ended with ${code ?? 'a signal'}: ${output}`)));
  });
  // Of no interest where the start is meant to fail.
  port.catch(() => undefined);
  const end = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    return exited;
  };
  const until = (pattern: RegExp) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (pattern.test(output)) resolve();
      };
      child.stdout.on('data', check);
      child.stderr.on('data', check);
      check();
    });
  const signal = (name: NodeJS.Signals) => void child.kill(name);
  return { port, exited, output: () => output, until, signal, end };
}

/**
 * Starts the gateway, or the demo when `env` has no `GATEWAY_CONFIG`, and waits until it listens. `npm run build` builds
 * both.
 *
 * @param main - the file that Node runs. Default: `dist/main.js`, or `demo/dist/main.js` for the demo
 */
export async function startGatewayWith(env: Env, main?: string): Promise<GatewayProcess> {
  const { port, output, until, signal, end } = run(env, main);
  return { port: await port, output, until, signal, end };
}

/** Starts the gateway on a configuration. */
export async function startGateway(config: object, env: Env = {}): Promise<GatewayProcess> {
  const { file, remove } = await writeConfig(JSON.stringify(config));
  try {
    return await startGatewayWith({ GATEWAY_CONFIG: file, ...env });
  } finally {
    await remove();
  }
}

/** Starts the gateway where it must not start; one that does all the same is ended, and has no exit code of 1. */
export async function failToStart(env: Env): Promise<FailedStart> {
  const { port, exited, output, end } = run(env);
  port.then(
    () => end(),
    () => undefined,
  );
  return { code: await exited, output: output() };
}

/** Writes a configuration to a file of its own. */
export async function writeConfig(text: string): Promise<{ file: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'));
  const file = join(folder, 'gateway.yaml');
  await writeFile(file, text);
  return { file, remove: () => rm(folder, { recursive: true }) };
}

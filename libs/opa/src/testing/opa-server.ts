import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { OpaError } from '../contracts/index.js';

/** The options of {@link startOpa}. */
export interface StartOpaOptions {
  /** The policy: Rego modules by file name, or the text of a single Rego module. */
  readonly rego: string | Readonly<Record<string, string>>;
  /** The base documents under `data`, as an object. Default: none. */
  readonly data?: object;
  /** The path of the OPA program. Default: the environment variable `OPA_BIN`, otherwise `opa` from the PATH. */
  readonly binary?: string;
  /** The address on which OPA listens: `host:port` or `unix://path`. Default: a free port on 127.0.0.1. */
  readonly address?: string;
  /** More arguments for `opa run`. Default: none. */
  readonly args?: readonly string[];
}

/** A running OPA server. */
export interface OpaServer {
  /** The address of the server, for option `url` of OpaModule. */
  readonly url: string;
  /** The process ID of OPA. */
  readonly pid: number;
  /** Ends OPA. The promise resolves after the process has exited. Default signal: `SIGTERM`. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a real OPA server with policies. The promise resolves when OPA responds to health checks.
 *
 * @throws OpaError `OPA_UNREACHABLE` when OPA does not start, because the program is missing or a policy has a mistake.
 * The message holds OPA's output
 * @example
 * ```ts
 * import { startOpa } from 'nestjs-opa/testing';
 *
 * const opa = await startOpa({
 *   rego: 'package orders\n\ndefault allow := false\n\nallow if input.action.name == "GET"\n',
 * });
 * // Pass opa.url to OpaModule.forRoot({ url: opa.url }), and run the tests.
 * await opa.stop();
 * ```
 */
export async function startOpa(options: StartOpaOptions): Promise<OpaServer> {
  const { rego, data, binary = process.env['OPA_BIN'] ?? 'opa', args = [] } = options;
  const address = options.address ?? `127.0.0.1:${await freePort()}`;
  const folder = await mkdtemp(join(tmpdir(), 'nestjs-opa-'));
  const files = typeof rego === 'string' ? { 'policy.rego': rego } : rego;
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  if (data !== undefined) await writeFile(join(folder, 'data.json'), JSON.stringify(data));
  const flags = ['run', '--server', '--addr', address, '--log-level', 'error', '--skip-version-check'];
  const child = spawn(binary, [...flags, ...args, folder], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit').catch(() => undefined);
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    child.kill(signal);
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilHealthy(child, binary, address);
    return { url: address.startsWith('unix:') ? address : `http://${address}`, pid: child.pid ?? 0, stop };
  } catch (error) {
    if (child.pid !== undefined) await stop();
    throw error;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** How long OPA may take until it responds to a health check, in milliseconds. */
const START_LIMIT_MS = 30_000;

// OPA does not print its port. startOpa therefore chooses the port, and this function repeats health checks until OPA
// responds.
async function untilHealthy(child: ChildProcess, binary: string, address: string): Promise<void> {
  let output = '';
  let failure: OpaError | undefined;
  // OPA prints mistakes in policies to stdout, and everything else to stderr.
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-1_000)));
  child.once('error', (error) => (failure = cannotRun(binary, error)));
  // Node may emit 'exit' before the last output, but 'close' only after it.
  child.once('close', () => (failure ??= new OpaError('OPA_UNREACHABLE', `OPA did not start: ${output}`)));
  const limit = performance.now() + START_LIMIT_MS;
  while (!(await isHealthy(address))) {
    if (failure !== undefined) throw failure;
    if (performance.now() > limit)
      throw new OpaError('OPA_UNREACHABLE', `OPA does not answer at ${address}: ${output}`);
    await after(25);
  }
}

function cannotRun(binary: string, cause: Error): OpaError {
  const advice = 'Install OPA, or set OPA_BIN to the path of its program.';
  const message = `OPA did not start: "${binary}" cannot be run (${cause.message}). ${advice}`;
  return new OpaError('OPA_UNREACHABLE', message, { cause });
}

function isHealthy(address: string): Promise<boolean> {
  const unix = /^unix:\/\/(.+)$/.exec(address)?.[1];
  const [host, port] = address.split(':');
  const where = unix === undefined ? { host, port } : { socketPath: unix.replace(/^@/, '\0') };
  return new Promise((resolve) => {
    const request = get({ ...where, path: '/health', agent: false, timeout: 1_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('error', () => resolve(false)).on('timeout', () => request.destroy());
  });
}

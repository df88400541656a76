import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.js';

/** A RabbitMQ of the test's own. */
export interface TestBroker {
  readonly uri: string;
  stop(): Promise<void>;
}

// Past Debian's own script, which runs the server as another user.
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** Starts Debian's rabbitmq-server on free ports, with its files in a folder that goes with it. */
export async function startBroker(): Promise<TestBroker> {
  const folder = mkdtempSync(join(tmpdir(), 'rabbitmq-'));
  const [port, distribution, epmd] = [await freePort(), await freePort(), await freePort()];
  const env = {
    ...process.env,
    HOME: folder,
    ERL_EPMD_PORT: String(epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: 'test@localhost',
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
  };
  const child = spawn(SERVER, [], { stdio: ['ignore', 'pipe', 'inherit'], env, detached: true });
  const exit = once(child, 'exit');
  const ended = exit.then(([code]) => {
    throw new Error(`rabbitmq-server ended with ${code}.`);
  });
  await Promise.race([isReady(child.stdout), ended]);
  child.stdout.resume();
  ended.catch(() => undefined);
  return {
    uri: `amqp://127.0.0.1:${port}`,
    stop: async () => {
      // The script has started the server as a child of its own.
      process.kill(-(child.pid ?? 0));
      await exit;
      execFileSync('epmd', ['-port', String(epmd), '-kill'], { stdio: 'ignore' });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function isReady(output: NodeJS.ReadableStream): Promise<void> {
  for await (const line of createInterface({ input: output }))
    if (line.includes('Starting broker... completed')) return;
  throw new Error('rabbitmq-server ended before it was ready.');
}

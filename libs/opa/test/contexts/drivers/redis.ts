import type { MicroserviceOptions } from '@nestjs/microservices';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ContextDriver } from '../driver.js';
import { freePort } from './free-port.js';
import { rpcDriver } from './rpc.js';

/** A Redis of the test's own. */
export interface TestRedis {
  /** Where it listens, as Nest's options. */
  readonly options: { readonly host: string; readonly port: number };
  /** Stops the process without an end: its connections stay open, and it answers nothing. */
  pause(): void;
  /** Lets a paused process go on. */
  resume(): void;
  stop(): Promise<void>;
}

/**
 * Starts Debian's redis-server with nothing on disk.
 *
 * @param port - Default: a free port
 * @param options - more options of redis-server
 */
export async function startRedis(port?: number, options: readonly string[] = []): Promise<TestRedis> {
  return startOn(port ?? (await freePort()), options);
}

async function startOn(port: number, options: readonly string[]): Promise<TestRedis> {
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    ...options,
  ];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const ended = exited.then(([code]) => {
    throw new Error(`redis-server ended with ${code}.`);
  });
  await Promise.race([isReady(child.stdout), ended]);
  child.stdout.resume();
  return {
    options: { host: '127.0.0.1', port },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    stop: async () => {
      // A paused process ends only after it goes on.
      child.kill('SIGCONT');
      child.kill();
      await exited;
    },
  };
}

async function isReady(output: NodeJS.ReadableStream): Promise<void> {
  for await (const line of createInterface({ input: output })) {
    if (line.includes('Ready to accept connections')) return;
  }
  throw new Error('redis-server ended before it was ready.');
}

/** A microservice on a Redis. */
export const onRedis = (redis: TestRedis, wildcards = false): MicroserviceOptions => ({
  transport: Transport.REDIS,
  options: { ...redis.options, wildcards },
});

/** Messages over Redis; a row asks for the Redis when it starts. */
export const redisDriver = (redis: () => TestRedis): ContextDriver =>
  rpcDriver(
    'microservice, Redis',
    () => onRedis(redis()),
    () => ClientProxyFactory.create({ transport: Transport.REDIS, options: redis().options }),
  );

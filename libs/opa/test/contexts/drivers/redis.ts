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
  stop(): Promise<void>;
}

/**
 * Starts Debian's redis-server with nothing on disk.
 *
 * @param port - Default: a free port
 */
export async function startRedis(port?: number): Promise<TestRedis> {
  return startOn(port ?? (await freePort()));
}

async function startOn(port: number): Promise<TestRedis> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const ended = exited.then(([code]) => {
    throw new Error(`redis-server ended with ${code}.`);
  });
  await Promise.race([isReady(child.stdout), ended]);
  child.stdout.resume();
  return {
    options: { host: '127.0.0.1', port },
    stop: async () => {
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

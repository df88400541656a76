import { setTimeout as after } from 'node:timers/promises';
import type { GatewayProcess } from '../../gateway/support/gateway-process.js';

const HOOK = new URL('../fixtures/gateway-hook.mjs', import.meta.url);

/** The environment of a gateway that {@link measure} can ask. */
export const MEASURED = { NODE_OPTIONS: `--import ${HOOK.href}` };

/** What the gateway holds after a garbage collection. */
export interface Measurement {
  /** Memory of the heap and outside it, in bytes. */
  readonly bytes: number;
  /** Sockets, timers, requests and the like. */
  readonly handles: number;
}

/** Has the gateway measure itself; fails when it has not answered within a minute. */
export async function measure(gateway: GatewayProcess): Promise<Measurement> {
  const before = measurements(gateway).length;
  gateway.signal('SIGUSR2');
  for (let tries = 0; tries < 6_000; tries += 1) {
    const measured = measurements(gateway)[before];
    if (measured !== undefined) return measured;
    await after(10);
  }
  throw new Error('the gateway did not measure itself within a minute');
}

const measurements = (gateway: GatewayProcess): Measurement[] =>
  [...gateway.output().matchAll(/^measured (\{.*\})$/gm)].map(
    ([, json]) => JSON.parse(json ?? '') as Measurement,
  );

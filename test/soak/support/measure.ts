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

/** How often a gateway is measured until it has settled, and the pause in between in milliseconds. */
const TRIES = 40;
const PAUSE_MS = 250;

/**
 * Measures a gateway until what it holds is below a bound. Broken connections and their messages go a moment after the
 * traffic has ended. The last measurement counts, whatever it says.
 */
export async function measureSettled(gateway: GatewayProcess, maxBytes: number): Promise<Measurement> {
  let measured = await measure(gateway);
  for (let tries = 1; measured.bytes >= maxBytes && tries < TRIES; tries += 1) {
    await after(PAUSE_MS);
    measured = await measure(gateway);
  }
  return measured;
}

const measurements = (gateway: GatewayProcess): Measurement[] =>
  [...gateway.output().matchAll(/^measured (\{.*\})$/gm)].map(
    ([, json]) => JSON.parse(json ?? '') as Measurement,
  );

import fc from 'fast-check';
import type { Parameters } from 'fast-check';

/** How many inputs each property has in a test run. */
const QUICK_RUNS = 12;
/** What a test run begins from: always the same. */
const SEED = 20_261_130;

/** The shortest time of a property in a long run, in milliseconds: fast-check fails a property without inputs. */
const MIN_TIME = 1_000;

/** The length of one of several properties: about `FUZZ_SECONDS` in all (`npm run fuzz`), or a few inputs that never change. */
export function runs(properties: number, quickRuns = QUICK_RUNS): Parameters<unknown> {
  const seconds = process.env['FUZZ_SECONDS'];
  if (seconds === undefined) return { numRuns: quickRuns, seed: SEED };
  const time = Math.max((Number(seconds) * 1_000) / properties, MIN_TIME);
  return { numRuns: Number.MAX_SAFE_INTEGER, plugins: [fc.interruptAfterTimeLimit(time)] };
}

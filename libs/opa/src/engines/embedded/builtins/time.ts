import { jsonText, ofStrings } from './builtin.js';
import type { Builtins } from './builtin.js';

const RFC3339 =
  /^(\d{4}-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;
const MAX_INT64 = 2n ** 63n - 1n;

/**
 * What `time.*` can be had without time zones.
 *
 * @param now - the evaluation's time in milliseconds since 1970
 */
export function time(now: () => number): Builtins {
  return {
    // 13 digits and six zeros, which a double holds and JSON writes exactly.
    'time.now_ns': () => now() * 1e6,
    'time.parse_rfc3339_ns': ofStrings((text = '') => {
      const nanoseconds = parseRfc3339(text);
      return nanoseconds === undefined ? undefined : jsonText(nanoseconds.toString());
    }),
  };
}

function parseRfc3339(text: string): bigint | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [, local = '', month = '', day = '', , fraction = '', sign, hours = '0', minutes = '0'] = match;

  const utc = new Date(`${local}Z`);
  // Date rolls 30 February over to March.
  if (Number.isNaN(utc.getTime()) || utc.getUTCMonth() + 1 !== Number(month)) return undefined;
  if (utc.getUTCDate() !== Number(day)) return undefined;
  // Go's own bounds, which it includes.
  if (Number(hours) > 24 || Number(minutes) > 60) return undefined;

  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000);
  const nanoseconds =
    BigInt(utc.getTime() - offset) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  return nanoseconds > MAX_INT64 || nanoseconds < -MAX_INT64 - 1n ? undefined : nanoseconds;
}

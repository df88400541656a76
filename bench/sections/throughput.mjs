import { BASE } from '../lib/clients.mjs';
import { MAX_SOCKETS } from '../lib/limits.mjs';
import { compareClients, field } from '../lib/compare.mjs';
import { atLeast, atMost } from '../lib/goals.mjs';
import { table } from '../lib/report.mjs';
import { highest, medians, ratio } from '../lib/statistics.mjs';

const LEVELS = [16, 64, 256, 1_024];
const OURS = 'nestjs-opa';
const NAMES = [BASE, OURS];

/**
 * Decisions a second at growing numbers of concurrent queries.
 *
 * @param {import('../run.mjs').Setting} setting
 * @returns {Promise<import('../lib/report.mjs').Section>}
 */
export async function throughput({ url, times }) {
  const rounds = await compareClients(field(NAMES, NAMES, times.copies), {
    url,
    levels: LEVELS,
    // Processes differ more than rounds do.
    times: { ...times, rounds: Math.ceil(times.rounds / 2) },
  });
  const goals = [];
  const lines = [];
  for (const [i, atOnce] of LEVELS.entries()) {
    const measurements = rounds[i];
    const against = ratio(measurements[OURS], measurements[BASE], 'perSecond');
    for (const name of NAMES) {
      const { perSecond, p99Ms, stallMs } = medians(measurements[name]);
      const [sockets, failed] = ['sockets', 'failed'].map((figure) => highest(measurements[name], figure));
      const cells = [perSecond.toFixed(0), p99Ms.toFixed(1), stallMs.toFixed(1), sockets, failed];
      lines.push([`${name}, ${atOnce} at once`, ...cells.map(String)]);
    }
    goals.push(atLeast(`decisions/s, ${atOnce} at once, × plain http`, against, 0.85));
    goals.push(
      atMost(`sockets opened, ${atOnce} at once`, highest(measurements[OURS], 'sockets'), MAX_SOCKETS),
    );
  }
  const head = ['client', '/s', 'p99 ms', 'stall ms', 'sockets', 'failed'];
  return { tables: [table('Throughput', head, lines)], goals, rounds };
}

import { BASE } from '../lib/clients.mjs';
import { compareClients, field } from '../lib/compare.mjs';
import { atMost } from '../lib/goals.mjs';
import { table } from '../lib/report.mjs';
import { highest, medians, ratio } from '../lib/statistics.mjs';

const AT_ONCE = 32;
const OURS = 'nestjs-opa';
const INTERCEPTED = 'nestjs-opa, 1 interceptor';
const AXIOS = 'axios as it comes';
const SDK = '@open-policy-agent/opa';
const COMPACT = [BASE, OURS, INTERCEPTED, 'undici request', AXIOS, SDK];

/**
 * The CPU time of a decision for each client.
 *
 * @param {import('../run.mjs').Setting} setting
 * @returns {Promise<import('../lib/report.mjs').Section>}
 */
export async function client({ url, full, times }) {
  const names = full ? [...COMPACT, 'axios, keep-alive'] : COMPACT;
  const entered = field(names, [BASE, OURS], times.copies);
  const [rounds] = await compareClients(entered, { url, levels: [AT_ONCE], times });
  const against = (ours, base) => ratio(rounds[ours], rounds[base], 'cpuMicros');
  const lines = names.map((name) => {
    const median = medians(rounds[name]);
    return [
      name,
      median.cpuMicros.toFixed(0),
      highest(rounds[name], 'cpuMicros').toFixed(0),
      against(name, BASE).toFixed(2),
      median.perSecond.toFixed(0),
      median.p50Ms.toFixed(2),
      median.p99Ms.toFixed(2),
      String(highest(rounds[name], 'sockets')),
      String(highest(rounds[name], 'failed')),
    ];
  });
  const head = ['client', 'CPU µs', 'highest', '× http', '/s', 'p50 ms', 'p99 ms', 'sockets', 'failed'];
  return {
    tables: [table(`CPU a decision, ${AT_ONCE} at once`, head, lines)],
    goals: [
      atMost('CPU a decision, × plain http', against(OURS, BASE), 1.25),
      atMost('the same with one interceptor', against(INTERCEPTED, BASE), 2.5),
      atMost('CPU a decision, × default axios', against(OURS, AXIOS), 0.25),
      atMost('CPU a decision, × @open-policy-agent/opa', against(OURS, SDK), 0.07),
    ],
    rounds,
  };
}

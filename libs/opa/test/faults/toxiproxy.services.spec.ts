import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { OpaErrorCode, OpaQuery, OpaService } from 'nestjs-opa';
import type { OpaServer } from 'nestjs-opa/testing';
import { startOpa } from 'nestjs-opa/testing';
import { opaBinary } from '../engines/support/opa.js';
import { ignoreStalls } from '../support/stalls.js';
import { bench } from './support/modules.js';
import type { Proxy, Toxic } from './support/toxiproxy.js';
import { startToxiproxy } from './support/toxiproxy.js';

ignoreStalls();
const { open } = bench();

/** A response or query that is too large for 1 kB/s within the timeout. */
const LARGE = 'x'.repeat(100_000);
const rego = `package a
b := {"allow": input.n % 2 == 0}
large := {"allow": true, "reason": "${LARGE}"}`;

let server: OpaServer;
let proxy: Proxy;

beforeAll(async () => {
  server = await startOpa({ rego, binary: await opaBinary() });
});
beforeEach(async () => {
  proxy = await startToxiproxy(new URL(server.url).host);
});
afterEach(() => proxy.stop());
afterAll(() => server.stop());

/** Expects that every decision is the decision of the policy. */
async function expectRight(opa: OpaService, count: number): Promise<void> {
  const decided = await Promise.all(Array.from({ length: count }, (_, n) => opa.decide({ input: { n } })));
  expect(decided.map(({ outcome }) => outcome)).toEqual(
    decided.map((_, n) => (n % 2 === 0 ? 'allow' : 'deny')),
  );
}

describe('a real OPA behind a bad network', () => {
  it.each<[string, Toxic]>([
    ['latency', { type: 'latency', attributes: { latency: 100, jitter: 50 } }],
    [
      'responses in slices',
      { type: 'slicer', attributes: { average_size: 3, size_variation: 2, delay: 100 } },
    ],
    [
      'queries in slices',
      { type: 'slicer', stream: 'upstream', attributes: { average_size: 3, delay: 100 } },
    ],
    ['slow to close', { type: 'slow_close', attributes: { delay: 500 } }],
    ['10 kB/s', { type: 'bandwidth', attributes: { rate: 10 } }],
  ])('decides: %s', async (_name, toxic) => {
    await proxy.add(toxic);
    const opa = await open({ url: proxy.url, pool: { maxSockets: 20 } });
    await expectRight(opa, 50);
  });

  const huge = { policy: 'a/large', input: { n: 0 } };
  const small = { input: { n: 0 } };
  it.each<[string, OpaErrorCode, Toxic, OpaQuery]>([
    ['latency', 'OPA_TIMEOUT', { type: 'latency', attributes: { latency: 5_000 } }, small],
    ['1 kB/s down', 'OPA_TIMEOUT', { type: 'bandwidth', attributes: { rate: 1 } }, huge],
    [
      '1 kB/s up',
      'OPA_TIMEOUT',
      { type: 'bandwidth', stream: 'upstream', attributes: { rate: 1 } },
      { input: { n: LARGE } },
    ],
    ['silence', 'OPA_TIMEOUT', { type: 'timeout', attributes: { timeout: 0 } }, small],
    ['silence, then the end', 'OPA_UNREACHABLE', { type: 'timeout', attributes: { timeout: 50 } }, small],
    ['reset', 'OPA_UNREACHABLE', { type: 'reset_peer', attributes: { timeout: 0 } }, small],
    ['reset in the response', 'OPA_UNREACHABLE', { type: 'limit_data', attributes: { bytes: 100 } }, huge],
    ['cut in the head', 'OPA_UNREACHABLE', { type: 'limit_data', attributes: { bytes: 20 } }, small],
  ])('fails, and decides once the network is good: %s is %s', async (_name, code, toxic, query) => {
    await proxy.add(toxic);
    const opa = await open({ url: proxy.url, pool: { maxSockets: 1 } });
    await expect(opa.decide({ ...query, timeout: 1_000 })).rejects.toMatchObject({
      name: 'OpaError',
      code,
    });
    expect(opa.stats().decisions).toMatchObject({ allow: 0, deny: 0, error: 1 });
    await proxy.mend();
    await expectRight(opa, 10);
  });

  it('is unreachable while the network is down, and decides as soon as it is up', async () => {
    const opa = await open({ url: proxy.url });
    await expectRight(opa, 10);
    await proxy.cut();
    await expect(opa.decide({ input: { n: 0 } })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
    await proxy.mend();
    await expectRight(opa, 10);
  });

  it('gives no wrong decision while a third of the connections are reset or cut', async () => {
    await proxy.add({ type: 'reset_peer', toxicity: 0.3, attributes: { timeout: 5 } });
    await proxy.add({ type: 'limit_data', toxicity: 0.3, attributes: { bytes: 1_000 } });
    const opa = await open({ url: proxy.url, retry: {}, pool: { maxSockets: 20 } });
    const decisions = Array.from({ length: 1_000 }, (_, n) => opa.decide({ input: { n } }));
    const settled = await Promise.allSettled(decisions);
    const wrong = settled.filter((result, n) =>
      result.status === 'fulfilled'
        ? result.value.allowed !== (n % 2 === 0)
        : (result.reason as { code?: string }).code !== 'OPA_UNREACHABLE',
    );
    expect(wrong).toEqual([]);
    expect(settled.some((result) => result.status === 'fulfilled')).toBe(true);
  });
});

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { OpaModuleOptions } from 'nestjs-opa';
import type { OpaServer } from 'nestjs-opa/testing';
import { startOpa } from 'nestjs-opa/testing';
import { tempFolder } from '../engines/support/temp.js';
import { cleanUp, closing, start } from '../resilience/support.js';

const rego = 'package a\nb if input.n >= 0';

/** No retries, and enough time for a busy machine. */
const patient: OpaModuleOptions = {
  retry: false,
  circuitBreaker: false,
  timeout: 10_000,
  pool: { connectTimeout: 10_000 },
};

const question = { input: { n: 1 } };
const socketFile = async (): Promise<string> => `unix://${join(await tempFolder(), 'opa.sock')}`;

afterEach(cleanUp);

async function opaAt(address: string): Promise<OpaServer> {
  const opa = await startOpa({ rego, address });
  closing({ close: () => opa.stop() });
  return opa;
}

describe('a real OPA on a unix socket', () => {
  it('decides, passes its health check, and reuses and closes its connections as over TCP', async () => {
    const { url } = await opaAt(await socketFile());
    const opa = await start({ ...patient, url, ready: true, pool: { ...patient.pool, maxSockets: 4 } });
    const decisions = Array.from({ length: 40 }, (_, n) => opa.decide({ input: { n: n - 1 } }));
    const outcomes = (await Promise.all(decisions)).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['undefined', ...Array.from({ length: 39 }, () => 'allow')]);
    expect(opa.stats().sockets.created).toBeLessThanOrEqual(4);
    await cleanUp();
    expect(opa.stats().sockets).toMatchObject({ inUse: 0, idle: 0 });
  });

  it('is unreachable once OPA has stopped, and decides again after a restart', async () => {
    const where = await socketFile();
    const first = await opaAt(where);
    const opa = await start({ ...patient, url: where });
    await expect(opa.decide(question)).resolves.toMatchObject({ outcome: 'allow' });
    // SIGKILL leaves the socket file behind, and no process listens there.
    await first.stop('SIGKILL');
    await expect(opa.decide(question)).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
    await opaAt(where);
    await expect(opa.decide(question)).resolves.toMatchObject({ outcome: 'allow' });
  });
});

/** Abstract names are Linux' own; Node before 22 finds only those that Node listens on, so OPA can't be asked here. */
const addresses: [string, () => Promise<[url: string, path: string]>][] = [
  [
    'a path',
    async () => {
      const url = await socketFile();
      return [url, url.slice('unix://'.length)];
    },
  ],
];
if (process.platform === 'linux') {
  const name = `nestjs-opa-${randomUUID()}`;
  addresses.push(['an abstract name', () => Promise.resolve([`unix://@${name}`, `\0${name}`])]);
}

it.each(addresses)(
  'a fake OPA on a unix socket with %s receives the same request as over TCP',
  async (_name, address) => {
    const [url, path] = await address();
    const requests: unknown[] = [];
    const server = createServer(({ url: target, headers }, response) => {
      requests.push([target, headers.host]);
      response.end('{"result":true}');
    }).listen(path);
    await once(server, 'listening');
    closing({
      close: async () => {
        await once(server.close(), 'close');
      },
    });
    const opa = await start({ ...patient, url });
    await expect(opa.decide(question)).resolves.toMatchObject({ outcome: 'allow' });
    expect(requests).toEqual([['/v1/data/a/b', 'localhost']]);
  },
);

describe('a unix socket URL that points to no socket', () => {
  it.each([
    ['nothing', socketFile],
    [
      'a plain file',
      async () => {
        const path = join(await tempFolder(), 'file');
        await writeFile(path, '');
        return `unix://${path}`;
      },
    ],
  ])('is reported as unreachable, with its path: %s', async (_name, address) => {
    const url = await address();
    const opa = await start({ ...patient, url });
    await expect(opa.decide(question)).rejects.toMatchObject({
      code: 'OPA_UNREACHABLE',
      message: expect.stringContaining(url),
    });
  });

  it('stops the start when it has no path', async () => {
    await expect(start({ url: 'unix://opa.sock' })).rejects.toMatchObject({ code: 'OPA_BAD_OPTIONS' });
  });
});

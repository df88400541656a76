import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import dns from 'node:dns';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import {
  connect,
  getDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamilyAttemptTimeout,
} from 'node:net';
import { Agents } from '../../src/transport/agents.js';
import { poolSettings } from '../../src/transport/pool.options.js';
import { httpServer, tlsServer } from '../support.js';
import type { Authority } from '../support/certificates.js';
import { createAuthority } from '../support/certificates.js';
import { bench } from './support/modules.js';
import { ALLOW } from './support/stand.js';

const { open, throughAxios, uses, http } = bench();

/** Drops every packet once its queue is full; the other one answers at the same port. */
const DEAF = '127.0.0.2';
const WELL = '127.0.0.1';

const usual = getDefaultAutoSelectFamilyAttemptTimeout();
const fillers: Socket[] = [];
let child: ChildProcess | undefined;
let authority: Authority;

beforeAll(async () => {
  authority = await createAuthority('tests');
  // As by default, Node's own time for an address is no shorter than the time for all of them.
  setDefaultAutoSelectFamilyAttemptTimeout(60_000);
});
afterAll(() => setDefaultAutoSelectFamilyAttemptTimeout(usual));

/** A process that listens and never accepts: its queue is filled, so that the kernel drops what comes. */
async function deafAt(port: string): Promise<void> {
  const script = `const server = require('node:net').createServer();
    server.listen({ port: ${port}, host: '${DEAF}', backlog: 1 }, () => {
      require('node:fs').writeSync(1, 'listens');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout ?? child, 'data');
  for (let i = 0; i < 8; i += 1) fillers.push(connect(Number(port), DEAF).on('error', () => undefined));
}

/** Has the name `opa.test` stand for both, the deaf one first. */
async function named(url: string): Promise<string> {
  await deafAt(new URL(url).port);
  const addresses = [DEAF, WELL].map((address) => ({ address, family: 4 }));
  jest
    .spyOn(dns, 'lookup')
    .mockImplementation(((_name: string, _options: object, answer: (...args: unknown[]) => void) =>
      setImmediate(() => answer(null, addresses))) as never);
  return url.replace(WELL, 'opa.test');
}

const plain = () => httpServer((_request, response) => response.end('{"result":true}'));
const tls = async () =>
  tlsServer(await authority.issue('opa', 'opa.test'), (socket) =>
    socket.on('data', () => void socket.write(ALLOW)),
  );

describe('when the first address of a host name drops packets, the next address is used', () => {
  // Before the bench looks for what is left.
  afterEach(async () => {
    jest.restoreAllMocks();
    for (const filler of fillers.splice(0)) filler.destroy();
    child?.kill('SIGKILL');
    if (child !== undefined) await once(child, 'exit');
  });

  it.each([
    ['http', plain, () => undefined],
    ['https', tls, () => undefined],
    ['http, through axios', plain, throughAxios],
    ['https, through axios', tls, throughAxios],
  ])('by decisions over %s', async (_name, server, go) => {
    const { url } = await uses(server());
    const opa = await open({
      url: await named(url),
      tls: { ca: authority.cert },
      pool: { connectTimeout: 2_000 },
    });
    go();
    await expect(opa.decide({ input: {} })).resolves.toMatchObject({ outcome: 'allow' });
  });

  it('by other requests of the pooled HttpService', async () => {
    const { url } = await uses(plain());
    await open({ url, pool: { connectTimeout: 2_000 } });
    await expect(http().axiosRef.get(await named(url))).resolves.toMatchObject({ data: { result: true } });
  });
});

describe('the connect timeout of one address', () => {
  it.each([
    [{}, 1_000, 62],
    [{ connectTimeout: 2_000 }, 5_000, 500],
    [{}, 20, 10],
  ])('with %j and a timeout of %i ms is %i ms', async (pool, timeout, share) => {
    const agents = new Agents(poolSettings(pool, timeout));
    for (const agent of [agents.http, agents.https])
      expect(agent).toMatchObject({ options: { autoSelectFamilyAttemptTimeout: share } });
    await agents.destroy();
  });
});

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
import { ALLOW } from './support/faulty-server.js';

const { open, throughAxios, uses, http } = bench();

/** The address that drops every packet, because its backlog is full. The server at `HEALTHY` has the same port. */
const BLOCKED = '127.0.0.2';
const HEALTHY = '127.0.0.1';

const usual = getDefaultAutoSelectFamilyAttemptTimeout();
const fillers: Socket[] = [];
let child: ChildProcess | undefined;
let authority: Authority;

beforeAll(async () => {
  authority = await createAuthority('tests');
  // As by default, Node's timeout for one address must not be shorter than the timeout for all addresses.
  setDefaultAutoSelectFamilyAttemptTimeout(60_000);
});
afterAll(() => setDefaultAutoSelectFamilyAttemptTimeout(usual));

/** Starts a process that listens and never accepts, and fills its backlog. Then the kernel drops new connections. */
async function startBlockedListener(port: string): Promise<void> {
  const script = `const server = require('node:net').createServer();
    server.listen({ port: ${port}, host: '${BLOCKED}', backlog: 1 }, () => {
      require('node:fs').writeSync(1, 'listens');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout ?? child, 'data');
  for (let i = 0; i < 8; i += 1) fillers.push(connect(Number(port), BLOCKED).on('error', () => undefined));
}

/** Lets the name `opa.test` resolve to both addresses, the blocked one first. */
async function resolveToBoth(url: string): Promise<string> {
  await startBlockedListener(new URL(url).port);
  const addresses = [BLOCKED, HEALTHY].map((address) => ({ address, family: 4 }));
  jest
    .spyOn(dns, 'lookup')
    .mockImplementation(((_name: string, _options: object, callback: (...args: unknown[]) => void) =>
      setImmediate(() => callback(null, addresses))) as never);
  return url.replace(HEALTHY, 'opa.test');
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
      url: await resolveToBoth(url),
      tls: { ca: authority.cert },
      pool: { connectTimeout: 2_000 },
    });
    go();
    await expect(opa.decide({ input: {} })).resolves.toMatchObject({ outcome: 'allow' });
  });

  it('by other requests of the pooled HttpService', async () => {
    const { url } = await uses(plain());
    await open({ url, pool: { connectTimeout: 2_000 } });
    await expect(http().axiosRef.get(await resolveToBoth(url))).resolves.toMatchObject({
      data: { result: true },
    });
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

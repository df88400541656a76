import { afterEach, describe, expect, it } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { httpServer } from '../support.js';
import { ignoreStalls } from '../support/stalls.js';
import { bench } from './support/modules.js';
import { ALLOW, faultyServer } from './support/faulty-server.js';

ignoreStalls();
const { open, uses } = bench();

describe('a TLS connection to a server that', () => {
  it.each([
    ['resets the handshake', (socket: Socket) => void socket.resetAndDestroy()],
    ['never completes the handshake', () => undefined],
    ['speaks plain HTTP', (socket: Socket) => void socket.write(ALLOW)],
  ])('%s makes OPA unreachable', async (_name, request) => {
    const { url } = await uses(faultyServer({ request }));
    const opa = await open({
      url: url.replace('http:', 'https:'),
      timeout: 5_000,
      pool: { connectTimeout: 100 },
    });
    await expect(opa.decide({ input: {} })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
  });
});

describe('an address where no process listens', () => {
  it('is unreachable until a process listens', async () => {
    const closedServer = await httpServer(() => undefined);
    await closedServer.close();
    const opa = await open({ url: closedServer.url });
    await expect(opa.decide({ input: {} })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
    const server = createServer((_request, response) => response.end('{"result":true}'));
    await once(server.listen(Number(new URL(closedServer.url).port), '127.0.0.1'), 'listening');
    await expect(opa.decide({ input: {} })).resolves.toMatchObject({ outcome: 'allow' });
    server.closeAllConnections();
    await once(server.close(), 'close');
  });
});

describe('a process that listens and never accepts', () => {
  const fillers: Socket[] = [];
  let child: ChildProcess | undefined;

  afterEach(async () => {
    for (const filler of fillers.splice(0)) filler.destroy();
    if (child === undefined) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  /** Starts a process that blocks its event loop as soon as it listens, so only the kernel accepts connections. */
  async function startBlockedListener(): Promise<number> {
    const script = `const server = require('node:net').createServer();
      server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
        require('node:fs').writeSync(1, String(server.address().port));
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      });`;
    child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [port] = (await once(child.stdout ?? child, 'data')) as [Buffer];
    return Number(port.toString());
  }

  it('causes a timeout while the kernel accepts connections, and is unreachable once the backlog is full', async () => {
    const port = await startBlockedListener();
    const opa = await open({
      url: `http://127.0.0.1:${port}`,
      timeout: 1_000,
      pool: { connectTimeout: 200 },
    });
    await expect(opa.decide({ input: {} })).rejects.toMatchObject({ code: 'OPA_TIMEOUT' });
    for (let i = 0; i < 8; i += 1) fillers.push(connect(port, '127.0.0.1').on('error', () => undefined));
    await expect(opa.decide({ input: {} })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
  });
});

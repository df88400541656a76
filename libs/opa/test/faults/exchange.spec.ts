import { describe, expect, it } from '@jest/globals';
import type { Socket } from 'node:net';
import { httpServer, tcpServer, tlsServer } from '../support.js';
import { createAuthority } from '../support/certificates.js';
import { settles } from './support/leftovers.js';
import { bench } from './support/modules.js';
import { ALLOW, faultyServer, httpResponse } from './support/faulty-server.js';

const { open, throughAxios, uses } = bench();

const DENY = httpResponse('{"result":false}');
const NARROW = { maxSockets: 1, maxPending: 0 };

describe("after OPA's response", () => {
  it.each([
    ['with a length', ALLOW],
    ['up to the end', Buffer.from('HTTP/1.1 200 OK\r\n\r\n{"result":true}')],
  ])('a reset of the connection does not fail the decision: %s', async (_name, bytes) => {
    const request = (socket: Socket): void => {
      socket.write(bytes, () => socket.resetAndDestroy());
    };
    const { url } = await uses(faultyServer({ request }));
    const opa = await open({ url, pool: NARROW });
    for (let i = 0; i < 20; i += 1) {
      await expect(opa.decide({ input: i })).resolves.toMatchObject({ outcome: 'allow' });
    }
  });

  it('a second response in the same packet is never taken as the response to the next query', async () => {
    let queries = 0;
    const request = (socket: Socket): void => {
      queries += 1;
      socket.write(queries === 1 ? Buffer.concat([DENY, ALLOW]) : DENY);
    };
    const { url } = await uses(faultyServer({ request }));
    const opa = await open({ url, pool: NARROW });
    for (let i = 0; i < 5; i += 1) {
      await expect(opa.decide({ input: i })).resolves.toMatchObject({ outcome: 'deny' });
    }
  });

  it.each([
    ['plain', async (talk: (socket: Socket) => void) => ({ ...(await uses(tcpServer(talk))), tls: {} })],
    [
      'TLS',
      async (talk: (socket: Socket) => void) => {
        const authority = await createAuthority('ours');
        const { url } = await uses(tlsServer(await authority.issue('opa'), talk));
        return { url, tls: { ca: authority.cert } };
      },
    ],
  ])('unsolicited data on an idle socket closes the socket: %s', async (_name, serve) => {
    const sockets: Socket[] = [];
    const { url, tls } = await serve((socket) => {
      sockets.push(socket);
      socket.on('data', () => socket.write(DENY));
    });
    const opa = await open({ url, tls, pool: { ...NARROW, freeSocketTimeout: 60_000 } });
    for (let closed = 1; closed <= 5; closed += 1) {
      await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'deny' });
      await expect(opa.decide({ input: 2 })).resolves.toMatchObject({ outcome: 'deny' });
      sockets.at(-1)?.write(ALLOW);
      await settles(() => opa.stats().sockets, {
        created: closed,
        closed,
        reused: closed,
        inUse: 0,
        idle: 0,
      });
    }
  });

  it('the rest of the query is not sent when the response came before the query was read', async () => {
    const connect = (socket: Socket): void => {
      socket.write(ALLOW);
      socket.once('data', () => socket.pause());
    };
    const { url, heal } = await uses(faultyServer({ connect }));
    const opa = await open({ url, pool: NARROW, input: { maxBytes: 32 * 1024 * 1024 } });
    const input = 'x'.repeat(16 * 1024 * 1024);
    await expect(opa.decide({ input })).resolves.toMatchObject({ outcome: 'allow' });
    heal();
    await expect(opa.decide({ input: {} })).resolves.toMatchObject({ outcome: 'allow' });
  });
});

describe('a response without a decision', () => {
  it.each([301, 302, 303, 307, 308])('status %i is never followed to another address', async (status) => {
    const elsewhere = await uses(httpServer((_request, response) => response.end('{"result":true}')));
    const location = `Location: ${elsewhere.url}/v1/data/a/b`;
    const request = (socket: Socket): void =>
      void socket.write(httpResponse('', `HTTP/1.1 ${status} Moved`, location));
    const { url } = await uses(faultyServer({ request }));
    const opa = await open({ url });
    await expect(opa.decide({ input: {} })).rejects.toMatchObject({ code: 'OPA_BAD_ANSWER', status });
    throughAxios();
    await expect(opa.decide({ input: {} })).rejects.toMatchObject({ code: 'OPA_BAD_ANSWER', status });
    expect(elsewhere.opened()).toBe(0);
  });

  it('status 429 tells how long to wait', async () => {
    const request = (socket: Socket): void =>
      void socket.write(httpResponse('', 'HTTP/1.1 429 Too Many Requests', 'Retry-After: 7'));
    const { url } = await uses(faultyServer({ request }));
    const opa = await open({ url, onUnavailable: 'allow' });
    await expect(opa.decide({ input: {} })).rejects.toMatchObject({
      code: 'OPA_OVERLOADED',
      retryAfterMs: 7_000,
    });
  });

  it("status 500 is reported with OPA's message about the policy", async () => {
    const location = { file: 'authz.rego', row: 7, col: 3 };
    const errors = [{ code: 'eval_conflict_error', message: 'complete rules must not conflict', location }];
    const body = JSON.stringify({ code: 'internal_error', message: 'error(s) occurred', errors });
    const request = (socket: Socket): void =>
      void socket.write(httpResponse(body, 'HTTP/1.1 500 Internal Server Error'));
    const { url } = await uses(faultyServer({ request }));
    const opa = await open({ url, onUnavailable: 'allow' });
    await expect(opa.decide({ input: {} })).rejects.toMatchObject({
      code: 'OPA_POLICY_ERROR',
      message: expect.stringContaining(
        'eval_conflict_error (complete rules must not conflict) at authz.rego:7',
      ),
    });
  });
});

describe('the deadline of a decision that still waits for a socket', () => {
  it.each([
    ['straight to the wire', () => undefined],
    ['through axios', throughAxios],
  ])('is reported as an overload, which does not lead to fail-open: %s', async (_way, go) => {
    const { url } = await uses(faultyServer({}));
    const opa = await open({ url, onUnavailable: 'allow', timeout: 1_500, pool: { maxSockets: 1 } });
    go();
    const first = opa.decide({ input: 1 });
    const second = opa.decide({ input: 2, timeout: 500 });
    await expect(second).rejects.toMatchObject({ code: 'OPA_OVERLOADED' });
    await expect(first).resolves.toMatchObject({ outcome: 'unavailable', degraded: 'fail-open' });
  });
});

describe('a retry whose turn comes after the deadline', () => {
  it('reports the failure of the first try, and no overload', async () => {
    const { url } = await uses(faultyServer({ request: (socket) => void socket.resetAndDestroy() }));
    const opa = await open({ url, retry: { minDelay: 750, maxDelay: 750 } });
    const decided = opa.decide({ input: {}, timeout: 1_500 });
    // The event loop is blocked from the middle of the pause until the deadline has passed.
    setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_250), 500);
    await expect(decided).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
  });
});

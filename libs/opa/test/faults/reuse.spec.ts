import { describe, expect, it } from '@jest/globals';
import type { Socket } from 'node:net';
import { tcpServer } from '../support.js';
import { bench } from './support/modules.js';
import { ALLOW } from './support/faulty-server.js';

const { open, uses } = bench();

const AT_ONCE = 100;

/** A server that responds to the first request of each connection. Then it runs `action`: at once, or at the next request. */
const onceThen = (action: (socket: Socket) => void, after: 'response' | 'reuse') => () =>
  tcpServer((socket) => {
    socket.once('data', () => {
      if (after === 'reuse') socket.once('data', () => action(socket)).write(ALLOW);
      // Run the action after the kernel has accepted the response, so that the response arrives first.
      else socket.write(ALLOW, () => action(socket));
    });
  });

const reset = (socket: Socket): void => void socket.resetAndDestroy();
const close = (socket: Socket): void => void socket.destroy();
const halfClose = (socket: Socket): void => void socket.end();

describe('a socket that OPA closes as it is reused', () => {
  it.each([
    [2_000, 'reset by the next request', onceThen(reset, 'reuse')],
    [500, 'closed by the next request', onceThen(close, 'reuse')],
    [500, 'half-closed by the next request', onceThen(halfClose, 'reuse')],
    [500, 'reset after the response', onceThen(reset, 'response')],
    [500, 'closed after the response', onceThen(close, 'response')],
    [500, 'half-closed after the response', onceThen(halfClose, 'response')],
  ])('fails none of %i decisions in bursts: %s', async (count, _name, start) => {
    const { url } = await uses(start());
    // Fewer sockets than decisions, so that a replay competes for a free socket.
    const opa = await open({ url, timeout: 60_000, pool: { maxSockets: AT_ONCE / 4 } });
    for (let sent = 0; sent < count; sent += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, input) => opa.decide({ input })));
    }
    expect(opa.stats().decisions).toMatchObject({ allow: count, error: 0 });
  });
});

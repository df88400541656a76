import { describe, expect, it } from '@jest/globals';
import type { Socket } from 'node:net';
import { tcpServer } from '../support.js';
import { bench } from './support/modules.js';
import { ALLOW } from './support/stand.js';

const { open, uses } = bench();

const AT_ONCE = 100;

/** Answers the first request of each connection, and then does what it is told. */
const onceThen = (what: (socket: Socket) => void, after: 'answer' | 'reuse') => () =>
  tcpServer((socket) => {
    socket.once('data', () => {
      if (after === 'reuse') socket.once('data', () => what(socket)).write(ALLOW);
      // Once the kernel has it, so that the answer arrives, and the end with it or just behind.
      else socket.write(ALLOW, () => what(socket));
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
    [500, 'reset behind the answer', onceThen(reset, 'answer')],
    [500, 'closed behind the answer', onceThen(close, 'answer')],
    [500, 'half-closed behind the answer', onceThen(halfClose, 'answer')],
  ])('fails none of %i decisions in bursts: %s', async (count, _name, start) => {
    const { url } = await uses(start());
    // Fewer sockets than decisions, so that a replay has rivals for each that is free.
    const opa = await open({ url, timeout: 60_000, pool: { maxSockets: AT_ONCE / 4 } });
    for (let sent = 0; sent < count; sent += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, input) => opa.decide({ input })));
    }
    expect(opa.stats().decisions).toMatchObject({ allow: count, error: 0 });
  });
});

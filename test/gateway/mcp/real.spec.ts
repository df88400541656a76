import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { startAllowing } from './support/allowing.js';
import { legacySession } from './support/legacy-session.js';
import { startEverything, startReference } from './support/real-servers.js';
import { legacyReference, modernReference } from './support/reference-sessions.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const EVERYTHING = ['sampling', 'elicitation', 'progress', 'cancelled', 'taskCreated', 'result'];

describe.each([
  ['sdk 1.x with server-everything, 2025-11-25', startEverything, legacySession, EVERYTHING],
  ['sdk 1.x with a 2.x server, 2025-11-25', startReference, legacyReference, ['sampling', 'log', 'updated']],
  ['client 2.x with a 2.x server, 2026-07-28', startReference, modernReference, ['elicitation', 'changed']],
] as const)('%s', (_name, start, session, kinds) => {
  let direct: string;
  let through: string;
  beforeAll(async () => {
    direct = await start(cleanup);
    through = await startAllowing(cleanup, direct);
  });

  it('has the same transcript direct and through the gateway, when all is allowed', async () => {
    // One after the other: a server may tell every client of what one of them has changed.
    const expected = await session(direct);
    const names = new Set(expected.map((entry) => (entry as unknown[])[0]));
    expect([...names]).toEqual(expect.arrayContaining([...kinds]));
    expect(await session(through)).toEqual(expected);
  });
});

import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { OpaToken } from 'nestjs-opa';
import { OpaError } from 'nestjs-opa';
import { credential } from '../../src/client/credential.js';
import { BoundedWaits, PhaseClock } from '../../src/transport/index.js';
import { settles } from '../faults/support/leftovers.js';
import { httpServer } from '../support.js';
import { cleanUp, closing, fakeClock, start } from '../resilience/support.js';

afterEach(cleanUp);

const never = () => new Promise<never>(() => undefined);

/** A fake OPA that accepts only the valid token and records each Authorization header. */
async function guarded(valid: { token: string }): Promise<{ url: string; credentials: string[] }> {
  const credentials: string[] = [];
  const { url } = closing(
    await httpServer((request, response) => {
      request.resume();
      credentials.push(String(request.headers.authorization));
      const status = request.headers.authorization === `Bearer ${valid.token}` ? 200 : 401;
      response.writeHead(status).end('{"result":true}');
    }),
  );
  return { url, credentials };
}

async function file(content: string): Promise<{ path: string; replace(content: string): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'nestjs-opa-'));
  closing({ close: () => rm(folder, { recursive: true }) });
  const path = join(folder, 'token');
  const replace = async (text: string): Promise<void> => {
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  };
  await replace(content);
  return { path, replace };
}

describe('the option "token"', () => {
  it('calls the function for each request, and once more after a 401', async () => {
    const valid = { token: 'first' };
    const { url, credentials } = await guarded(valid);
    const reasons: boolean[] = [];
    let current = 'first';
    const token: OpaToken = ({ refused }) => {
      reasons.push(refused);
      if (refused) current = 'second';
      return current;
    };
    const opa = await start({ url, token });
    await opa.decide({ input: 1 });
    valid.token = 'second';
    await expect(opa.decide({ input: 2 })).resolves.toMatchObject({ outcome: 'allow' });
    expect(credentials).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
    expect(reasons).toEqual([false, false, true]);
  });

  it('renews the token once for all concurrent requests that were refused', async () => {
    const valid = { token: 'first' };
    const { url, credentials } = await guarded(valid);
    let current = 'first';
    let renewals = 0;
    const token: OpaToken = async ({ refused }) => {
      if (!refused) return current;
      renewals += 1;
      // The renewal starts after every decision has been refused.
      await settles(() => credentials.length, 20 * renewals - 10);
      await settles(() => opa.stats().sockets.inUse, 0);
      return (current = valid.token);
    };
    const opa = await start({ url, token });
    for (const next of ['second', 'third']) {
      valid.token = next;
      const decisions = Array.from({ length: 10 }, (_, input) => opa.decide({ input: { next, input } }));
      for (const { outcome } of await Promise.all(decisions)) expect(outcome).toBe('allow');
    }
    expect(renewals).toBe(2);
  });

  it('renews the token again when an earlier renewal outlasted its decision, and ignores the late token', async () => {
    const clock = fakeClock();
    const { url, credentials } = await guarded({ token: 'new' });
    const renewals: ((token: string) => void)[] = [];
    const token: OpaToken = ({ refused }) =>
      refused ? new Promise((resolve) => void renewals.push(resolve)) : 'old';
    const opa = await start({ url, token, retry: false, timeout: 10_000 });
    await expect(opa.decide({ input: 1, timeout: 500 })).rejects.toMatchObject({ code: 'OPA_UNAUTHORIZED' });
    clock.pass(501);
    const first = opa.decide({ input: 2 });
    await settles(() => renewals.length, 2);
    renewals[0]?.('late');
    const second = opa.decide({ input: 3 });
    await settles(() => credentials.length, 3);
    await settles(() => opa.stats().sockets.inUse, 0);
    renewals[1]?.('new');
    for (const { outcome } of await Promise.all([first, second])) expect(outcome).toBe('allow');
    expect(renewals).toHaveLength(2);
  });

  it('reports OPA_UNAUTHORIZED, and no outage, when the token took most of the time', async () => {
    const { url } = closing(await httpServer(() => undefined));
    const token = async () => after(300, 'good');
    const opa = await start({ url, token, onUnavailable: 'allow' });
    await expect(opa.decide({ input: 1, timeout: 500 })).rejects.toMatchObject({ code: 'OPA_UNAUTHORIZED' });
  });

  it('causes no unhandled rejection when the function fails after the module has closed', async () => {
    const waits = new BoundedWaits();
    waits.close();
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const clock = new PhaseClock({ deadline: Infinity });
    const pending = credential({ source: 'The test' }, clock, waits, () => Promise.reject(new Error('no')));
    await expect(pending).rejects.toMatchObject({ code: 'OPA_CLOSED' });
    await new Promise(setImmediate);
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it.each([
    ['the same token again', () => 'old', 1],
    ['another invalid token', ({ refused }: { refused: boolean }) => (refused ? 'new' : 'old'), 2],
    ['(no function, but a fixed text)', 'old', 1],
  ] as const)('gives up after a second 401: the function gives %s', async (_name, token, times) => {
    const { url, credentials } = await guarded({ token: 'good' });
    const opa = await start({ url, token: token });
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_UNAUTHORIZED' });
    expect(credentials).toHaveLength(times);
  });

  it('reads the token from its file, and again when the file has changed', async () => {
    const clock = fakeClock();
    const valid = { token: 'first' };
    const { url, credentials } = await guarded(valid);
    const { path, replace } = await file('first\n');
    const opa = await start({ url, token: { file: path } });
    await opa.decide({ input: 1 });
    await replace('second, longer\n'.replace(', ', '-'));
    valid.token = 'second-longer';
    clock.pass(1_001);
    await opa.decide({ input: 2 });
    expect(credentials).toEqual(['Bearer first', 'Bearer second-longer']);
  });

  it('reads the file again at once after a 401', async () => {
    const valid = { token: 'first' };
    const { url, credentials } = await guarded(valid);
    const { path, replace } = await file('first');
    const opa = await start({ url, token: { file: path } });
    await replace('second');
    valid.token = 'second';
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
    expect(credentials).toEqual(['Bearer first', 'Bearer second']);
  });

  it('keeps the last token while the file is missing', async () => {
    const clock = fakeClock();
    const { url } = await guarded({ token: 'first' });
    const { path } = await file('first');
    const opa = await start({ url, token: { file: path } });
    await rm(path);
    clock.pass(1_001);
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
  });

  it('stops the start when the file cannot be read', async () => {
    const refused = start({ token: { file: join(tmpdir(), 'nestjs-opa-no-such-token') } });
    await expect(refused).rejects.toMatchObject({
      code: 'OPA_BAD_OPTIONS',
      message: expect.stringContaining('"token"'),
    });
  });

  describe.each([
    ['at first', false, undefined],
    ['after a 401', true, 401],
  ] as const)('does not lead to fail-open when there is no token %s', (_when, onRefusal, status) => {
    const failure = new OpaError('OPA_TIMEOUT', "the function's own");
    it.each<[what: string, give: () => Promise<string>, cause: unknown]>([
      ['hangs', never, expect.objectContaining({ code: 'OPA_TIMEOUT' })],
      ['fails', () => Promise.reject(failure), failure],
      [
        'fails at once',
        () => {
          throw failure;
        },
        failure,
      ],
    ])('because the function %s', async (_what, give, cause) => {
      const { url } = await guarded({ token: 'new' });
      const token: OpaToken = ({ refused }) => (refused === onRefusal ? give() : 'old');
      const opa = await start({ url, token, onUnavailable: 'allow', circuitBreaker: { minimumCalls: 1 } });
      await expect(opa.decide({ input: 1, timeout: 1_000 })).rejects.toMatchObject({
        code: 'OPA_UNAUTHORIZED',
        message: expect.stringContaining('option "token"'),
        status,
        cause,
      });
      expect(opa.stats()).toMatchObject({ retries: 0, breaker: 'closed' });
    });
  });

  it('puts no content of the token file into an error', async () => {
    const { url } = await guarded({ token: 'x' });
    const { path } = await file('s3cret with a space');
    const opa = await start({ url, token: { file: path } });
    const error: unknown = await opa.decide({ input: 1 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'OPA_UNAUTHORIZED' });
    expect(JSON.stringify(error) + String(error)).not.toContain('s3cret');
  });
});

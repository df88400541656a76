import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { openAuthentication } from '../../src/auth/index.js';
import { expectLogs } from '../support/logs.js';
import { Cleanup } from './support/cleanup.js';
import { AUDIENCE, ISSUER, startIssuer } from './support/tokens.js';
import type { Issuer } from './support/tokens.js';

const cleanup = new Cleanup();
let former: Issuer;
let next: Issuer;
beforeAll(async () => {
  former = cleanup.add(await startIssuer(), ({ remove }) => remove());
  next = cleanup.add(await startIssuer(), ({ remove }) => remove());
});
afterAll(() => cleanup.run());
afterEach(() => void jest.useRealTimers());

/** Opens the key file of the former issuer. The returned function lets a time pass, and then checks a token. */
async function open(production: boolean) {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'Date'] });
  await writeFile(former.jwksFile, JSON.stringify(former.jwks));
  const options = {
    issuer: ISSUER,
    audience: [AUDIENCE],
    scopes: [],
    anonymous: false,
    proxyMetadata: false,
  };
  const { verifier } = openAuthentication({ ...options, jwks: former.jwksFile }, production);
  return async ({ sign }: Issuer, ms = 1_001): Promise<string> => {
    jest.advanceTimersByTime(ms);
    try {
      return (await verifier?.verify(await sign({ sub: 'ann' }), [AUDIENCE]))?.sub ?? '';
    } catch (error) {
      return (error as Error).name;
    }
  };
}

describe('auth.jwks as a file', () => {
  it('is read again when the file has changed, and tokens of removed keys are refused', async () => {
    const verify = await open(false);
    expect([await verify(former), await verify(next)]).toEqual(['ann', 'InvalidTokenError']);
    await writeFile(former.jwksFile, await readFile(next.jwksFile));
    expect([await verify(next), await verify(former)]).toEqual(['ann', 'InvalidTokenError']);
  });

  it.each([
    [
      'is not JSON',
      'x',
      /^WARN \[Auth\] auth\.jwks: .*jwks\.json is not a JWKS file: .* keeps the former keys/,
    ],
    ['is no key set', '{"keys":1}', /^WARN \[Auth\] auth\.jwks: .*jwks\.json is not a JWKS file: /],
    [
      'holds the development key',
      '{"keys":[{"kty":"RSA","kid":"development-1"}]}',
      /^WARN \[Auth\] auth\.jwks: .*jwks\.json holds the development key, .* keeps the former keys/,
    ],
  ])('keeps the former keys, and warns once, when the new content %s', async (_what, content, line) => {
    const verify = await open(true);
    await writeFile(former.jwksFile, content);
    expect([await verify(former), await verify(former), await verify(next)]).toEqual([
      'ann',
      'ann',
      'InvalidTokenError',
    ]);
    expectLogs(line);
    await writeFile(former.jwksFile, await readFile(next.jwksFile));
    expect(await verify(next)).toBe('ann');
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import type { OpaModuleOptions, OpaService } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { settingsOf } from '../../src/module/settings.js';
import { cleanUp, start } from '../resilience/support.js';

afterEach(cleanUp);

const KIB = 1024;
const MIB = 1024 * KIB;

/** An object whose JSON has so many bytes. */
const sized = (bytes: number): { text: string } => ({ text: 'x'.repeat(bytes - '{"text":""}'.length) });

async function opened(options: OpaModuleOptions = {}): Promise<{ opa: OpaService; engine: TestEngine }> {
  const engine = new TestEngine({ 'a/b': true });
  return { opa: await start({ engine, ...options }), engine };
}

describe('the size limit of an input', () => {
  it.each([
    ['request', 2 * MIB],
    ['response', 8 * MIB],
  ] as const)('of a %s allows exactly %i bytes', async (phase, most) => {
    const { opa, engine } = await opened();
    await expect(opa.decide({ input: sized(most), phase })).resolves.toMatchObject({ allowed: true });
    const refused = { code: 'OPA_BAD_INPUT', tooLarge: true, clientFault: phase === 'request' };
    await expect(opa.decide({ input: sized(most + 1), phase })).rejects.toMatchObject(refused);
    await expect(opa.evaluate({ input: sized(most + 1), phase })).rejects.toMatchObject(refused);
    expect(engine.questions).toHaveLength(1);
  });

  it('counts the bytes that are sent, not characters', async () => {
    const { opa } = await opened({ input: { maxBytes: 20 } });
    await expect(opa.decide({ input: { a: 'é'.repeat(6) } })).resolves.toMatchObject({ allowed: true });
    await expect(opa.decide({ input: { a: 'é'.repeat(7) } })).rejects.toMatchObject({ tooLarge: true });
    await expect(opa.decide({ input: { a: '\n'.repeat(7) } })).rejects.toMatchObject({ tooLarge: true });
  });

  it('is reported with the actual size, the limit and what to do', async () => {
    const { opa } = await opened({ input: { maxBytes: 20 } });
    await expect(opa.decide({ input: sized(21) })).rejects.toThrow(
      'The input of the policy "a/b" has 21 bytes of JSON; option "input.maxBytes" allows 20. ' +
        'Put less into the input, or raise the option.',
    );
  });

  it('does not apply where no policy is evaluated', async () => {
    const { opa } = await opened({ mode: 'disabled', input: { maxBytes: 1 } });
    await expect(opa.decide({ input: sized(100) })).resolves.toMatchObject({ allowed: true });
  });
});

describe('the size limit of a filter', () => {
  it('is the limit of results, because the items come from the server', async () => {
    const { opa, engine } = await opened({ input: { maxBytes: 10, maxResponseBytes: 100 } });
    engine.answer('a/b', [0]);
    await expect(opa.filter(['x'.repeat(20)])).resolves.toHaveLength(1);
    await expect(opa.filter(['x'.repeat(100)])).rejects.toMatchObject({ tooLarge: true, clientFault: false });
  });
});

describe('the size limits', () => {
  it.each<[string, OpaModuleOptions, number, number]>([
    ['an OPA server', {}, 2 * MIB, 8 * MIB],
    ['an engine of the user’s own', { engine: new TestEngine() }, 2 * MIB, 8 * MIB],
    ['a bundle', { bundle: 'bundle.tar.gz' }, 2 * MIB, 8 * MIB],
    ['a server, both given', { input: { maxBytes: 1, maxResponseBytes: 2 } }, 1, 2],
  ])('of %s', (_name, options, request, response) => {
    expect(settingsOf(options).inputLimits).toEqual({ request, response });
  });
});

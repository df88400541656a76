import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import type { OpaModuleOptions } from 'nestjs-opa';
import { createEmbeddedEngine, OpaError, OpaModule, OpaService } from 'nestjs-opa';
import { startOpa, TestEngine } from 'nestjs-opa/testing';
import { buildBundle } from './support/opa.js';

const rego = `package contract
yes := true
no := false
zero := 0
empty := ""
object := {}
nothing := null if input
allowed := {"allow": true, "reasons": ["because"]} if input.n == 1
echo := input
conflict := 1 if input
conflict := 2 if input`;

const names = ['yes', 'no', 'zero', 'empty', 'object', 'nothing', 'allowed', 'echo', 'conflict', 'missing'];

interface Kind {
  options(): Promise<OpaModuleOptions>;
  stop(): Promise<void>;
}

function kinds(): Record<string, Kind> {
  let stop = async (): Promise<void> => Promise.resolve();
  const nothing = async (): Promise<void> => Promise.resolve();
  return {
    remote: {
      options: async () => {
        const opa = await startOpa({ rego });
        stop = () => opa.stop();
        return { url: opa.url };
      },
      stop: () => stop(),
    },
    embedded: {
      options: async () => {
        const entrypoints = names.slice(0, -1).map((name) => `contract/${name}`);
        const bundle = await buildBundle(rego, ...entrypoints);
        return { engine: await createEmbeddedEngine({ bundle }) };
      },
      stop: nothing,
    },
    test: {
      options: () => {
        const engine = new TestEngine({
          'contract/yes': true,
          'contract/no': false,
          'contract/zero': 0,
          'contract/empty': '',
          'contract/object': {},
          'contract/nothing': null,
          'contract/allowed': (input: { n: number }) =>
            input.n === 1 ? { allow: true, reasons: ['because'] } : undefined,
          'contract/echo': (input: unknown) => input,
          'contract/conflict': new OpaError('OPA_POLICY_ERROR', 'conflict'),
        });
        return Promise.resolve({ engine });
      },
      stop: nothing,
    },
  };
}

describe.each(Object.entries(kinds()))('the engine contract: %s', (_name, kind) => {
  let app: INestApplicationContext;
  let opa: OpaService;

  beforeAll(async () => {
    const module = { module: class App {}, imports: [OpaModule.forRoot(await kind.options())] };
    app = await NestFactory.createApplicationContext(module, { logger: false });
    opa = app.get(OpaService);
  });

  afterAll(async () => {
    await app.close();
    await expect(opa.evaluate({ policy: 'contract/yes', input: {} })).rejects.toMatchObject({
      code: 'OPA_CLOSED',
    });
    await kind.stop();
  });

  it.each([
    ['yes', true],
    ['no', false],
    ['zero', 0],
    ['empty', ''],
    ['object', {}],
    ['nothing', null],
    ['missing', undefined],
  ])('distinguishes documents: %s', async (name, expected) => {
    await expect(opa.evaluate({ policy: `contract/${name}`, input: {} })).resolves.toEqual(expected);
  });

  it.each([[{ n: 1 }], [false], [0], [''], [[1, 'ü', '\u2028']]])(
    'sends the input unchanged: %j',
    async (input) => {
      await expect(opa.evaluate({ policy: 'contract/echo', input })).resolves.toEqual(input);
    },
  );

  it('returns a decision', async () => {
    const ask = (name: string, n = 1) => opa.decide({ policy: `contract/${name}`, input: { n } });
    await expect(ask('yes')).resolves.toMatchObject({ outcome: 'allow', allowed: true });
    await expect(ask('no')).resolves.toMatchObject({ outcome: 'deny', allowed: false });
    await expect(ask('allowed')).resolves.toMatchObject({ outcome: 'allow', reasons: ['because'] });
    await expect(ask('allowed', 2)).resolves.toMatchObject({ outcome: 'undefined', allowed: false });
    await expect(ask('object')).rejects.toMatchObject({ code: 'OPA_BAD_DECISION' });
    await expect(ask('conflict')).rejects.toMatchObject({ code: 'OPA_POLICY_ERROR' });
  });

  it('stops when its caller aborts, and at its deadline', async () => {
    const question = { policy: 'contract/yes', input: {} };
    await expect(opa.decide({ ...question, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'OPA_ABORTED',
    });
    await expect(opa.ready()).resolves.toBeUndefined();
  });
});

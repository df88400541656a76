import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { OpaModule, OpaService } from 'nestjs-opa';
import { instrumentOpa } from 'nestjs-opa/telemetry';
import { engine } from '../observability/orders.app.js';
import type { TestSdk } from './support.js';
import { startSdk } from './support.js';

let app: INestApplicationContext;
let sdk: TestSdk;
let stop: () => void;

beforeEach(async () => {
  Logger.overrideLogger(false);
  sdk = startSdk();
  stop = instrumentOpa(sdk);
  app = await Test.createTestingModule({
    imports: [OpaModule.forRoot({ engine: engine(), audit: false, mode: 'permissive' })],
  }).compile();
});
afterEach(async () => {
  stop();
  await app.close();
  await sdk.close();
});

const decide = async (policy: string): Promise<unknown> => app.get(OpaService).decide({ policy, input: {} });
const policiesOf = async (): Promise<readonly unknown[]> =>
  (await sdk.points('opa.decision.duration')).map(
    ({ attributes }) => (attributes as { policy: string }).policy,
  );

describe('the metrics of decisions', () => {
  it('count decisions by policy, outcome and engine, in seconds', async () => {
    for (const policy of ['allow', 'allow', 'deny']) await decide(policy);
    const points = await sdk.points('opa.decision.duration');
    expect(points).toMatchObject([
      { attributes: { policy: 'allow', outcome: 'allow', engine: 'test' }, value: { count: 2 } },
      { attributes: { policy: 'deny', outcome: 'deny', engine: 'test' }, value: { count: 1 } },
    ]);
    const { buckets, sum } = points[0]?.value as { buckets: { boundaries: number[] }; sum: number };
    expect([buckets.boundaries.at(0), buckets.boundaries.at(-1)]).toEqual([0.0001, 1]);
    expect(sum).toBeGreaterThan(0);
  });

  it('count decisions that a fallback or mode permissive replaced', async () => {
    for (const policy of ['allow', 'failing']) await decide(policy);
    expect(await sdk.points('opa.decision.degraded')).toMatchObject([
      { attributes: { policy: 'failing', degraded: 'permissive' }, value: 1 },
    ]);
  });

  it('name 200 policies, and count all further policies as "other"', async () => {
    for (let index = 0; index < 210; index += 1) await decide(`p${index}`);
    await decide('p0');
    const policies = await policiesOf();
    expect(policies).toHaveLength(201);
    expect(policies).toEqual(expect.arrayContaining(['p0', 'p199', 'other']));
  });

  it('end when the application stops the observation', async () => {
    await decide('allow');
    stop();
    await decide('deny');
    expect(await policiesOf()).toEqual(['allow']);
  });
});

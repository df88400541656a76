import { describe, expect, it } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import type { OpaInputOptions } from 'nestjs-opa';
import { OpaModule } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { apollo, mercurius } from './drivers/graphql.js';
import { grpc } from './drivers/grpc.js';
import { express, fastify } from './drivers/http.js';
import { tcp } from './drivers/rpc.js';
import { socketIo, ws } from './drivers/ws.js';
import { testRateLimit } from './rate-limit.js';
import { testContext } from './suite.js';

const drivers = [express, fastify, tcp, grpc, apollo, mercurius, ws, socketIo];

describe.each(drivers)('a context: $name', testContext);
describe.each(drivers)('a rate limit on a context: $name', testRateLimit);

describe.each(drivers)('functions that build the input on a context: $name', (driver) => {
  const inputOf = async (input: OpaInputOptions): Promise<unknown> => {
    const engine = new TestEngine({ 'orders/remove': true });
    const opa = OpaModule.forRoot({ engine, input });
    const running = await driver.start(opa, () => undefined, {});
    await running.call('remove', '7');
    await running.close();
    return engine.questions[0]?.input;
  };
  const handlerOf = (context: ExecutionContext): string => context.getHandler().name;

  it('return the subject, or a promise of it', async () => {
    const ann = { id: 'ann' };
    expect(
      await inputOf({ subject: async (context) => Promise.resolve({ ...ann, by: handlerOf(context) }) }),
    ).toMatchObject({
      subject: { id: 'ann', by: 'remove' },
      context: {},
    });
    expect(await inputOf({ subject: () => undefined })).toMatchObject({ subject: { type: 'anonymous' } });
  });

  it('return the whole input, or a promise of it', async () => {
    const shape = async (context: ExecutionContext): Promise<object> =>
      Promise.resolve({ whole: handlerOf(context) });
    expect(await inputOf({ shape })).toEqual({ whole: 'remove' });
  });
});

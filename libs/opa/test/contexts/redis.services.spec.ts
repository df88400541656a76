import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, UseGuards } from '@nestjs/common';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { OpaGuard, OpaModule, OpaPolicy } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import type { TestRedis } from './drivers/redis.js';
import { onRedis, redisDriver, startRedis } from './drivers/redis.js';
import { sent } from './drivers/rpc.js';
import { testRateLimit } from './rate-limit.js';
import { testContext } from './suite.js';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const driver = redisDriver(() => redis);
describe(`a context: ${driver.name}`, () => testContext(driver));
describe(`a rate limit on a context: ${driver.name}`, () => testRateLimit(driver));

@Controller()
@UseGuards(OpaGuard)
class Orders {
  @MessagePattern('orders.*') @OpaPolicy('a') any() {
    return 'any';
  }
}

describe('a channel pattern with a wildcard', () => {
  it('is replaced in the input by the channel of the message', async () => {
    const engine = new TestEngine({ a: true });
    const imports = [OpaModule.forRoot({ engine })];
    const module = await Test.createTestingModule({ imports, controllers: [Orders] }).compile();
    const app = module.createNestMicroservice<MicroserviceOptions>(onRedis(redis, true));
    await app.listen();
    const client = ClientProxyFactory.create({ transport: Transport.REDIS, options: redis.options });
    expect(await sent(client, 'orders.7', {})).toEqual({ result: 'any' });
    expect(engine.questions[0]?.input).toMatchObject({ resource: { type: 'pattern', id: 'orders.7' } });
    await client.close();
    await app.close();
  });
});

import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Injectable, Logger, Scope } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { OnOpaDecision, onOpaDecision, OpaModule, OpaService } from 'nestjs-opa';
import { engine } from './orders.app.js';

let app: INestApplication | undefined;

afterEach(async () => app?.close());

describe('the listeners of decision events', () => {
  const fails = jest.fn(() => {
    throw new Error('listener');
  });

  @Injectable()
  class Failing {
    @OnOpaDecision()
    sync(): void {
      fails();
    }

    @OnOpaDecision()
    async async(): Promise<void> {
      await Promise.reject(new Error('listener'));
    }
  }

  @Injectable({ scope: Scope.REQUEST })
  class PerRequest {
    @OnOpaDecision()
    onDecision(): number {
      return 1;
    }
  }

  const init = async (provider: typeof Failing | typeof PerRequest): Promise<INestApplication> => {
    const module = await Test.createTestingModule({
      imports: [OpaModule.forRoot({ engine: engine(), audit: false })],
      providers: [provider],
    }).compile();
    return module.createNestApplication({ logger: false }).init();
  };

  it('can not change a decision: what they throw is logged', async () => {
    app = await init(Failing);
    const log = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const decision = await app.get(OpaService).decide({ policy: 'allow', input: {} });
    await Promise.resolve();
    expect(decision.allowed).toBe(true);
    expect(fails).toHaveBeenCalledTimes(1);
    expect(log.mock.calls.map(([message]) => message as unknown)).toEqual([
      '@OnOpaDecision() on Failing.sync failed: listener',
      '@OnOpaDecision() on Failing.async failed: listener',
    ]);
    log.mockRestore();
  });

  it('must be singletons', async () => {
    await expect(init(PerRequest)).rejects.toMatchObject({
      code: 'OPA_BAD_OPTIONS',
      message:
        '@OnOpaDecision() on PerRequest.onDecision: the provider is not a singleton; give it the default scope.',
    });
  });

  it('may subscribe to the channel in any code, and end the subscription', async () => {
    app = await init(Failing);
    const log = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const outcomes: string[] = [];
    const stop = onOpaDecision(({ outcome }) => outcomes.push(outcome));
    const decide = (policy: string): Promise<unknown> =>
      Promise.resolve(app?.get(OpaService).decide({ policy, input: {} })).catch(() => undefined);
    await decide('allow');
    await decide('failing');
    stop();
    await decide('deny');
    log.mockRestore();
    expect(outcomes).toEqual(['allow', 'error']);
  });
});

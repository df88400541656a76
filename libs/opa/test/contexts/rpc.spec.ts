import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CanActivate, ExecutionContext, INestMicroservice } from '@nestjs/common';
import { Controller, UseGuards } from '@nestjs/common';
import type { ClientProxy, MicroserviceOptions } from '@nestjs/microservices';
import { EventPattern, MessagePattern, Payload, Server } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import type { Decision, OpaModuleOptions } from 'nestjs-opa';
import { OpaDecision, OpaGuard, OpaModule, OpaPolicy } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { once } from 'node:events';
import type { AddressInfo, Server as TcpServer } from 'node:net';
import { connect } from 'node:net';
import { lastValueFrom } from 'rxjs';
import { ON_TCP, sent, tcpClient } from './drivers/rpc.js';
import { expectLogs } from '../../../../test/support/logs.js';

/** Stands for a guard that authenticates: it puts the user where the library looks. */
class Authenticates implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const message = context.switchToRpc();
    const { token } = message.getData<{ token?: string }>();
    if (token === 'anns') Object.assign(message.getContext(), { user: { id: 'ann' } });
    return true;
  }
}

const events: unknown[] = [];

@Controller()
@UseGuards(Authenticates, OpaGuard)
class Orders {
  @MessagePattern({ cmd: 'read', of: 'orders' }) @OpaPolicy('a') read(@OpaDecision() decision?: Decision) {
    return { policy: decision?.policy };
  }
  @EventPattern('orders.placed') @OpaPolicy('events') placed(@Payload() data: unknown) {
    events.push(data);
  }
  @MessagePattern(['one', 'two']) @OpaPolicy('a') several() {
    return 'several';
  }
  @MessagePattern('only') @OpaPolicy('a') only() {
    return 'only';
  }
}

let engine: TestEngine;
let app: INestMicroservice;

async function start(how: MicroserviceOptions, options: OpaModuleOptions = {}): Promise<void> {
  const imports = [OpaModule.forRoot({ engine, ...options })];
  const module = await Test.createTestingModule({ imports, controllers: [Orders] }).compile();
  app = module.createNestMicroservice<MicroserviceOptions>(how);
  await app.listen();
}

beforeEach(() => {
  engine = new TestEngine({ a: true, events: true });
  events.length = 0;
});
afterEach(async () => {
  await app.close();
});

describe('a microservice over TCP', () => {
  let client: ClientProxy;
  const started = async (): Promise<void> => {
    await start(ON_TCP);
    client = tcpClient(app);
  };
  afterEach(async () => {
    await client.close();
  });

  it.each([
    ['an object', { cmd: 'read', of: 'orders' }],
    ['its keys in another order', { of: 'orders', cmd: 'read' }],
    ['its JSON', '{ "of": "orders", "cmd": "read" }'],
  ])('has the same name for a pattern, however the client sent it: %s', async (_name, pattern) => {
    await started();
    expect(await sent(client, pattern, {})).toHaveProperty('result');
    expect(engine.questions[0]?.input).toMatchObject({
      resource: { type: 'pattern', id: '{"cmd":"read","of":"orders"}' },
      request: { pattern: { cmd: 'read', of: 'orders' } },
    });
  });

  it('has the same name for a pattern that is sent as JSON text', async () => {
    await started();
    expect(await sent(client, '"only"', {})).toEqual({ result: 'only' });
    expect(engine.questions[0]?.input).toMatchObject({
      resource: { id: 'only' },
      request: { pattern: 'only' },
    });
  });

  it('gives the handler its decision', async () => {
    await started();
    expect(await sent(client, { cmd: 'read', of: 'orders' }, {})).toEqual({ result: { policy: 'a' } });
  });

  it("takes the subject from Nest's context, and not from the message", async () => {
    await started();
    await sent(client, 'only', { token: 'anns' });
    await sent(client, 'only', { user: { id: 'root' } });
    expect(engine.questions.map(({ input }) => (input as { subject: unknown }).subject)).toEqual([
      { id: 'ann' },
      { type: 'anonymous' },
    ]);
  });

  it('runs an allowed event, which has its own action', async () => {
    await started();
    await lastValueFrom(client.emit('orders.placed', { id: 7 }), { defaultValue: undefined });
    await sent(client, 'only', {});
    expect(events).toEqual([{ id: 7 }]);
    expect(engine.questions[0]?.input).toMatchObject({
      action: { name: 'event' },
      resource: { type: 'pattern', id: 'orders.placed' },
      request: { pattern: 'orders.placed', data: { id: 7 } },
    });
  });

  it('neither runs nor answers a denied event', async () => {
    expectLogs('ERROR [RpcExceptionsHandler] RpcException [Error]: Forbidden by policy');
    await started();
    engine.answer('events', false);
    const socket = connect((app.unwrap<TcpServer>().address() as AddressInfo).port, '127.0.0.1');
    socket.write(frame({ pattern: 'orders.placed', data: { id: 7 } }));
    socket.write(frame({ pattern: 'only', data: {}, id: 'asked' }));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).toMatch(/^\d+#\{.*"id":"asked".*\}$/);
    expect(engine.questions.map(({ policy }) => policy)).toEqual(['events', 'a']);
    expect(events).toEqual([]);
  });
});

describe('a transport that does not provide the pattern', () => {
  class Bare extends Server {
    listen(callback: () => void): void {
      callback();
    }
    close(): void {
      // There is nothing to close.
    }
    on(): void {
      // It has no events.
    }
    unwrap(): never {
      throw new Error('There is nothing in it.');
    }
    async ask(pattern: string): Promise<unknown> {
      const handler = this.getHandlerByPattern(pattern);
      const result: unknown = await handler?.({});
      return lastValueFrom(this.transformToObservable(result));
    }
  }

  it('uses the pattern of the handler, unless the handler has several', async () => {
    expectLogs('ERROR [OpaEnforcement] OPA_BAD_INPUT: The transport does not tell the pattern');
    const strategy = new Bare();
    await start({ strategy });
    expect(await strategy.ask('only')).toBe('only');
    expect(engine.questions[0]?.input).toMatchObject({ resource: { id: 'only' } });
    await expect(strategy.ask('two')).rejects.toMatchObject({ status: 'error', code: 'BAD_REQUEST' });
    expect(engine.questions).toHaveLength(1);
  });
});

function frame(packet: object): string {
  const json = JSON.stringify(packet);
  return `${json.length}#${json}`;
}

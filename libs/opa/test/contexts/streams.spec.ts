import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Controller, Get, UseGuards, UseInterceptors } from '@nestjs/common';
import type { ClientProxy, MicroserviceOptions } from '@nestjs/microservices';
import { GrpcMethod, MessagePattern } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { OpaError, OpaGuard, OpaInterceptor, OpaModule, OpaPolicy } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { Readable } from 'node:stream';
import type { Observable } from 'rxjs';
import { concat, defer, finalize, from, NEVER, of, retry, throwError } from 'rxjs';
import { order } from './driver.js';
import type { RunningGrpc } from './drivers/grpc.js';
import { listing, startGrpc } from './drivers/grpc.js';
import { ON_TCP, tcpClient } from './drivers/rpc.js';
import { ioClient, onSocketIo, onWs, startGateway, wsClient } from './drivers/ws.js';
import { expectLogs } from '../../../../test/support/logs.js';

/** What the handler of a test gives. */
let source: unknown;

const give = (): Observable<unknown> => source as Observable<unknown>;

@Controller()
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor)
class Microservice {
  @MessagePattern('list') @OpaPolicy('list', { response: 'view' }) list() {
    return give();
  }
}

@WebSocketGateway({ path: '/' })
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor)
class OverWs {
  @SubscribeMessage('list') @OpaPolicy('list', { response: 'view' }) list() {
    return give();
  }
}

@WebSocketGateway()
class OverSocketIo extends OverWs {}

/** Tries a failed handler again, outside the library's own interceptor. */
class TriesAgain implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(retry(1));
  }
}

@Controller()
@UseGuards(OpaGuard)
@UseInterceptors(TriesAgain, OpaInterceptor)
class Http {
  @Get() @OpaPolicy('list', { response: 'view' }) list() {
    return give();
  }
}

/** What a client was sent: the items, and the error that ended them. */
interface Listed {
  readonly items: readonly unknown[];
  readonly error?: unknown;
}

let engine: TestEngine;
let app: { close(): Promise<void> };

beforeEach(() => {
  engine = new TestEngine({ list: true, view: true });
});
afterEach(() => app.close());

const item = (id: number): object => ({ event: 'item', data: { id, email: 'ann@example.com' } });
const last = { event: 'item', data: 'last' };

/** Gathers what comes until the last item or an error. */
function gathered(
  listen: (item: (data: unknown) => void, error: (error: unknown) => void) => void,
): Promise<Listed> {
  const items: unknown[] = [];
  return new Promise((resolve) => {
    listen(
      (data) => {
        if (data === 'last') resolve({ items });
        else items.push(data);
      },
      (error) => resolve({ items, error }),
    );
  });
}

const kinds: Record<string, () => Promise<Listed>> = {
  'a microservice': async () => {
    const imports = [OpaModule.forRoot({ engine })];
    const module = await Test.createTestingModule({ imports, controllers: [Microservice] }).compile();
    const service = module.createNestMicroservice<MicroserviceOptions>(ON_TCP);
    app = service;
    await service.listen();
    const client: ClientProxy = tcpClient(service);
    const listed = await gathered((next, error) => {
      client.send<{ data: unknown }>('list', {}).subscribe({ next: ({ data }) => next(data), error });
    });
    await client.close();
    return listed;
  },
  ws: async () => {
    const gateway = await startGateway(OpaModule.forRoot({ engine }), OverWs, onWs);
    app = gateway;
    const client = await wsClient(gateway, '/');
    const listed = await gathered((next, error) => {
      client.on('message', (text: Buffer) => {
        const { event, data } = JSON.parse(text.toString()) as { event: string; data: unknown };
        (event === 'exception' ? error : next)(data);
      });
      client.send(JSON.stringify({ event: 'list', data: {} }));
    });
    client.terminate();
    return listed;
  },
  'socket.io': async () => {
    const gateway = await startGateway(OpaModule.forRoot({ engine }), OverSocketIo, onSocketIo);
    app = gateway;
    const client = await ioClient(gateway);
    const listed = await gathered((next, error) => {
      client.on('item', next).on('exception', error).emit('list', {});
    });
    client.close();
    return listed;
  },
};

const about = (input: unknown): unknown =>
  (input as { response: { body: { data: unknown } } }).response.body.data;

describe.each(Object.keys(kinds))('a stream of %s', (kind) => {
  const list = (): Promise<Listed> => kinds[kind]?.() ?? Promise.reject(new Error(kind));

  it('is decided item by item, one at a time and in order', async () => {
    let asking = 0;
    let most = 0;
    engine.answer('view', async () => {
      most = Math.max(most, (asking += 1));
      await new Promise(setImmediate);
      asking -= 1;
      return true;
    });
    source = from([item(1), item(2), item(3), last]);
    expect(await list()).toEqual({
      items: [1, 2, 3].map((id) => ({ id, email: 'ann@example.com' })),
    });
    expect(engine.questions.map(({ policy }) => policy)).toEqual(['list', 'view', 'view', 'view', 'view']);
    expect(most).toBe(1);
  });

  it('is masked item by item', async () => {
    const mask = { allow: true, obligations: [{ type: 'mask', properties: { path: '/data/email' } }] };
    engine.answer('view', (input: unknown) => ((about(input) as { id?: number }).id === 2 ? mask : true));
    source = from([item(1), item(2), item(3), last]);
    expect((await list()).items).toEqual([
      { id: 1, email: 'ann@example.com' },
      { id: 2, email: '***' },
      { id: 3, email: 'ann@example.com' },
    ]);
  });

  it.each([
    ['denied', { allow: false, reasons: ['no'] }, { code: 'FORBIDDEN', reasons: ['no'] }],
    ['undecided', new OpaError('OPA_TIMEOUT', 's3cret'), { code: 'TIMEOUT' }],
  ])('ends at an item that is %s, with an error', async (_name, answer, error) => {
    if (answer instanceof OpaError) expectLogs(`ERROR [OpaEnforcement] ${answer.code}`);
    let over = false;
    source = concat(of(item(1), item(2), item(3)), NEVER).pipe(finalize(() => (over = true)));
    engine.answer('view', (input: unknown) => ((about(input) as { id: number }).id === 2 ? answer : true));
    const listed = await list();
    expect(listed.items).toEqual([{ id: 1, email: 'ann@example.com' }]);
    expect(listed.error).toMatchObject({ status: 'error', ...error });
    expect(JSON.stringify(listed.error)).not.toContain('s3cret');
    expect(engine.questions).toHaveLength(3);
    expect(over).toBe(true);
  });

  it('ends, and its source is stopped, when too many items wait for a decision', async () => {
    expectLogs('ERROR [OpaEnforcement] OPA_OVERLOADED: The library ended a stream');
    let emitted = 0;
    source = from(
      (function* endless() {
        for (;;) {
          emitted += 1;
          yield { event: 'item', data: 'x'.repeat(100_000) };
        }
      })(),
    );
    const { items, error } = await list();
    expect(error).toMatchObject({ code: 'UNAVAILABLE' });
    expect(items).toHaveLength(emitted - 1);
    expect(emitted).toBeLessThan(50);
  });
});

@Controller()
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor)
class OverGrpc {
  @GrpcMethod('Orders') @OpaPolicy('list', { response: 'view' }) list() {
    return give();
  }
}

describe('a gRPC stream', () => {
  let grpc: RunningGrpc;
  const list = async (): Promise<Listed> => {
    grpc = await startGrpc(OpaModule.forRoot({ engine }), OverGrpc);
    app = { close: () => grpc.close() };
    const items: unknown[] = [];
    try {
      for await (const item of listing(grpc.client, 'List', '7')) items.push(item);
      return { items };
    } catch (error) {
      return { items, error };
    }
  };
  const id = (input: unknown): unknown => (input as { response: { body: { id: string } } }).response.body.id;

  it('is decided and masked item by item', async () => {
    const mask = { allow: true, obligations: [{ type: 'mask', properties: { path: '/email' } }] };
    engine.answer('view', (input: unknown) => (id(input) === '2' ? mask : true));
    source = from(['1', '2', '3'].map(order));
    expect(await list()).toMatchObject({
      items: [order('1'), { ...order('2'), email: '***' }, order('3')],
    });
  });

  it('ends at an item that is denied, with an error', async () => {
    let over = false;
    source = concat(from(['1', '2', '3'].map(order)), NEVER).pipe(finalize(() => (over = true)));
    engine.answer('view', (input: unknown) => id(input) !== '2');
    expect(await list()).toMatchObject({
      items: [order('1')],
      error: { code: 7, details: 'Forbidden by policy' },
    });
    expect(over).toBe(true);
  });
});

describe('an Observable that HTTP returns', () => {
  const get = async (): Promise<Response> => {
    const imports = [OpaModule.forRoot({ engine })];
    const module = await Test.createTestingModule({ imports, controllers: [Http] }).compile();
    const http = module.createNestApplication({ logger: false });
    app = http;
    await http.listen(0, '127.0.0.1');
    return fetch(await http.getUrl());
  };

  it('is decided by its last value only', async () => {
    source = from([1, 2, 3].map((id) => ({ id })));
    expect(await (await get()).json()).toEqual({ id: 3 });
    expect(engine.questions.map(({ policy }) => policy)).toEqual(['list', 'view']);
  });

  it('is decided again when another interceptor retries the handler', async () => {
    engine.answer('view', { allow: true, obligations: [{ type: 'mask', properties: { path: '/email' } }] });
    let tries = 0;
    source = defer(() => {
      tries += 1;
      return tries === 1 ? throwError(() => new Error('once')) : of({ email: 'ann@example.com' });
    });
    expect(await (await get()).json()).toEqual({ email: '***' });
    expect(tries).toBe(2);
  });

  it.each<[string, () => unknown]>([
    [
      'an async generator',
      async function* chunks() {
        yield await Promise.resolve('ann@example.com');
      },
    ],
    ['a readable', () => Readable.from(['ann@example.com'])],
    ['a web response', () => new Response('ann@example.com')],
    ['a web stream', () => new Response('ann@example.com').body],
  ])('is refused when it is %s, because the policy could not see it', async (_name, make) => {
    source = make();
    const response = await get();
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('ann@');
  });
});

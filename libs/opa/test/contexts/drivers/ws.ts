import type { DynamicModule, INestApplication, Type, WebSocketAdapter } from '@nestjs/common';
import { UseGuards, UseInterceptors } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { Test } from '@nestjs/testing';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { OpaGuard, OpaInterceptor, OpaPolicy, OpaPublic } from 'nestjs-opa';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'socket.io-client';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { ContextDriver, HandlerName, RunningContext, CallResult } from '../driver.js';
import { order } from '../driver.js';

function gateway(path: string | undefined, called: (handler: HandlerName) => void): Type {
  @WebSocketGateway(path === undefined ? {} : { path })
  @UseGuards(OpaGuard, OpaGuard)
  @UseInterceptors(OpaInterceptor)
  class Orders {
    handleConnection(client: object, request?: IncomingMessage) {
      if (request !== undefined) Object.assign(client, { request });
    }
    @SubscribeMessage('read') @OpaPolicy('orders/read', { response: 'orders/view' }) read(
      @MessageBody('id') id: string,
    ) {
      called('read');
      return order(id);
    }
    @SubscribeMessage('remove') @OpaPolicy('orders/remove') remove(@MessageBody('id') id: string) {
      called('remove');
      return order(id);
    }
    @SubscribeMessage('open') @OpaPublic() open() {
      called('open');
      return 'open';
    }
    @SubscribeMessage('unnamed') unnamed() {
      called('unnamed');
      return 'unnamed';
    }
    @SubscribeMessage('shadow') @OpaPolicy('orders/shadow', { mode: 'permissive' }) shadow(
      @MessageBody('id') id: string,
    ) {
      called('shadow');
      return order(id);
    }
  }
  return Orders;
}

/** Starts an application with a gateway. */
export async function startGateway(
  opa: DynamicModule,
  provider: Type,
  adapter: (app: INestApplication) => WebSocketAdapter,
  host = '127.0.0.1',
): Promise<INestApplication> {
  const module = await Test.createTestingModule({ imports: [opa], providers: [provider] }).compile();
  const app = module.createNestApplication();
  app.useWebSocketAdapter(adapter(app));
  await app.listen(0, host);
  return app;
}

/** The adapter of `ws`. */
export const onWs = (app: INestApplication): WebSocketAdapter => new WsAdapter(app);

/** The adapter of socket.io. */
export const onSocketIo = (app: INestApplication): WebSocketAdapter => new IoAdapter(app);

/** Connects a client of `ws`. */
export async function wsClient(
  app: INestApplication,
  path: string,
  headers: Record<string, string> = {},
): Promise<WebSocket> {
  const client = new WebSocket((await app.getUrl()).replace('http', 'ws') + path, { headers });
  await once(client, 'open');
  return client;
}

/** Connects a client of socket.io. */
export async function ioClient(
  app: INestApplication,
  namespace = '/',
  extraHeaders: Record<string, string> = {},
): Promise<Socket> {
  const client = io((await app.getUrl()) + namespace, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    extraHeaders,
  });
  await new Promise<void>((resolve, reject) => client.on('connect', resolve).on('connect_error', reject));
  return client;
}

/** The next message that a client of `ws` gets. */
export async function received(client: WebSocket): Promise<unknown> {
  const [data] = (await once(client, 'message')) as [Buffer];
  return JSON.parse(data.toString()) as unknown;
}

/** What a client is told by Nest's event `exception`. */
export function refused(exception: unknown): CallResult {
  const { code, message, reasons, decisionId, retryAfter, ...rest } = exception as Record<string, never>;
  return { error: { code: String(code), message: String(message), reasons, decisionId, retryAfter, rest } };
}

const driver = (
  name: string,
  [adapter, path]: [typeof onWs, string | undefined],
  request: object,
  connect: (app: INestApplication) => Promise<RunningContext>,
): ContextDriver => ({
  name,
  column: 'rpc',
  input: {
    subject: { type: 'anonymous' },
    action: { name: 'message' },
    resource: { type: 'event', id: 'read' },
    context: {},
    request: { event: 'read', data: { id: '7' }, ...request },
  },
  start: async (opa, called): Promise<RunningContext> => {
    const app = await startGateway(opa, gateway(path, called), adapter);
    const client = await connect(app);
    return {
      call: client.call,
      close: async () => {
        await client.close();
        await app.close();
      },
    };
  },
});

/** Messages over `ws`. */
export const ws = driver(
  'WebSocket, ws',
  [onWs, '/events'],
  { handshake: { path: '/events', query: { from: 'test' }, address: '127.0.0.1' } },
  async (app) => {
    const client = await wsClient(app, '/events?from=test');
    return {
      call: async (event, id) => {
        client.send(JSON.stringify({ event, data: { id } }));
        const answer = await received(client);
        const { event: named, data } = answer as { event?: string; data?: unknown };
        return named === 'exception' ? refused(data) : { result: answer };
      },
      close: async () => {
        const closed = once(client, 'close');
        client.close();
        await closed;
      },
    };
  },
);

/** Messages over socket.io. */
export const socketIo = driver(
  'WebSocket, socket.io',
  [onSocketIo, undefined],
  {
    namespace: '/',
    handshake: { path: '/socket.io/', query: { transport: 'websocket' }, address: '127.0.0.1' },
  },
  async (app) => {
    const client = await ioClient(app);
    return {
      call: (event, id) =>
        new Promise((resolve) => {
          const onException = (exception: unknown): void => resolve(refused(exception));
          client.once('exception', onException);
          client.emit(event, { id }, (result: unknown) => {
            client.off('exception', onException);
            resolve({ result });
          });
        }),
      close: () => {
        client.close();
        return Promise.resolve();
      },
    };
  },
);

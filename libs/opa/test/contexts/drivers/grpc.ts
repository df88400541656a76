import type {
  ClientReadableStream,
  ClientUnaryCall,
  GrpcObject,
  MethodDefinition,
  Server,
  ServiceError,
} from '@grpc/grpc-js';
import { Client, credentials, loadPackageDefinition, Metadata, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { DynamicModule } from '@nestjs/common';
import { Controller, UseGuards, UseInterceptors } from '@nestjs/common';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { GrpcMethod, Transport } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { OpaGuard, OpaInterceptor, OpaPolicy, OpaPublic } from 'nestjs-opa';
import { join } from 'node:path';
import type { ContextDriver, HandlerName, RunningContext, CallResult } from '../driver.js';
import { order } from '../driver.js';

interface OrderId {
  readonly id: string;
}

type ServiceClass = Extract<GrpcObject[string], { readonly service: object }>;

const protoPath = join(import.meta.dirname, '../fixtures/orders.proto');
const { orders } = loadPackageDefinition(loadSync(protoPath)) as { orders: { Orders: ServiceClass } };

/** A gRPC service of Nest's that listens, and a client of it. */
export interface RunningGrpc {
  readonly client: Client;
  close(): Promise<void>;
}

/** Starts a controller as the service of `orders.proto`. */
export async function startGrpc(
  opa: DynamicModule,
  controller: new () => object,
  host = '127.0.0.1',
): Promise<RunningGrpc> {
  const bound: Promise<number>[] = [];
  const app = (
    await Test.createTestingModule({ imports: [opa], controllers: [controller] }).compile()
  ).createNestMicroservice<MicroserviceOptions>({
    transport: Transport.GRPC,
    options: {
      package: 'orders',
      protoPath,
      url: '127.0.0.1:0',
      // Nest keeps the port to itself: this binds another, and tells it.
      onLoadPackageDefinition: (_package: unknown, server: Server) => bound.push(bind(server, host)),
    },
  });
  await app.listen();
  const client = new Client(`127.0.0.1:${await bound[0]}`, credentials.createInsecure());
  return {
    client,
    close: async () => {
      client.close();
      await app.close();
    },
  };
}

function bind(server: Server, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:0`, ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}

/**
 * Calls a method with one message for one answer.
 *
 * @param began - is given the call, to cancel it
 * @throws grpc-js's ServiceError
 */
export function unary(
  client: Client,
  method: string,
  id: string,
  metadata = new Metadata(),
  began?: (call: ClientUnaryCall) => void,
): Promise<unknown> {
  const { path, requestSerialize, responseDeserialize } = definitionOf(method);
  return new Promise((resolve, reject) => {
    const call = client.makeUnaryRequest<OrderId, unknown>(
      path,
      requestSerialize,
      responseDeserialize,
      { id },
      metadata,
      (error, reply) => {
        if (error === null) resolve(reply);
        else reject(error);
      },
    );
    began?.(call);
  });
}

/**
 * Calls a method with a stream of messages for one answer.
 *
 * @throws grpc-js's ServiceError
 */
export function streamed(client: Client, method: string, ids: readonly string[]): Promise<unknown> {
  const { path, requestSerialize, responseDeserialize } = definitionOf(method);
  return new Promise((resolve, reject) => {
    const call = client.makeClientStreamRequest<OrderId, unknown>(
      path,
      requestSerialize,
      responseDeserialize,
      (error, reply) => {
        if (error === null) resolve(reply);
        else reject(error);
      },
    );
    for (const id of ids) call.write({ id });
    call.end();
  });
}

/**
 * Calls a method with a stream of messages for a stream of them.
 *
 * @throws grpc-js's ServiceError
 */
export async function echoed(client: Client, method: string, ids: readonly string[]): Promise<unknown[]> {
  const { path, requestSerialize, responseDeserialize } = definitionOf(method);
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  for (const id of ids) call.write({ id });
  call.end();
  const replies: unknown[] = [];
  for await (const reply of call) replies.push(reply);
  return replies;
}

/** Calls a method with one message for a stream of them. */
export function listing(client: Client, method: string, id: string): ClientReadableStream<unknown> {
  const { path, requestSerialize, responseDeserialize } = definitionOf(method);
  return client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { id });
}

function definitionOf(method: string): MethodDefinition<OrderId, unknown> {
  const definition: MethodDefinition<OrderId, unknown> | undefined = orders.Orders.service[method];
  if (definition === undefined) throw new Error(`orders.proto has no ${method}.`);
  return definition;
}

/** What the trailing metadata of a denied call holds. */
export function denialOf({ metadata }: ServiceError): Record<string, never> {
  const [bytes] = metadata.get('opa-denial-bin');
  return bytes === undefined ? {} : (JSON.parse(bytes.toString()) as Record<string, never>);
}

function controller(called: (handler: HandlerName) => void): new () => object {
  @Controller()
  @UseGuards(OpaGuard, OpaGuard)
  @UseInterceptors(OpaInterceptor)
  class Orders {
    @GrpcMethod() @OpaPolicy('orders/read', { response: 'orders/view' }) read({ id }: OrderId) {
      called('read');
      return order(id);
    }
    @GrpcMethod() @OpaPolicy('orders/remove') remove({ id }: OrderId) {
      called('remove');
      return order(id);
    }
    @GrpcMethod() @OpaPublic() open() {
      called('open');
      return { text: 'open' };
    }
    @GrpcMethod() unnamed() {
      called('unnamed');
      return { text: 'unnamed' };
    }
    @GrpcMethod() @OpaPolicy('orders/shadow', { mode: 'permissive' }) shadow({ id }: OrderId) {
      called('shadow');
      return order(id);
    }
  }
  return Orders;
}

async function resultOf(reply: Promise<unknown>): Promise<CallResult> {
  try {
    const message = (await reply) as { text?: string };
    return { result: message.text ?? message };
  } catch (error) {
    const { code, details: message, ...rest } = error as ServiceError;
    const { reasons, decisionId } = denialOf(error as ServiceError);
    const [pushback] = rest.metadata.get('grpc-retry-pushback-ms');
    const retryAfter = pushback === undefined ? undefined : Number(pushback) / 1_000;
    return { error: { code, message, reasons, decisionId, retryAfter, rest } };
  }
}

/** Unary gRPC calls. */
export const grpc: ContextDriver = {
  name: 'gRPC',
  column: 'grpc',
  input: {
    subject: { type: 'anonymous' },
    action: { name: 'call' },
    resource: { type: 'rpc', id: 'orders.Orders/Read' },
    context: {},
    request: { service: 'orders.Orders', method: 'Read', path: '/orders.Orders/Read', data: { id: '7' } },
  },
  start: async (opa, called): Promise<RunningContext> => {
    const { client, close } = await startGrpc(opa, controller(called));
    const methods = { read: 'Read', remove: 'Remove', open: 'Open', unnamed: 'Unnamed', shadow: 'Shadow' };
    return { call: (handler, id) => resultOf(unary(client, methods[handler], id)), close };
  },
};

import type { DynamicModule, INestMicroservice } from '@nestjs/common';
import { Controller, UseGuards, UseInterceptors } from '@nestjs/common';
import type { ClientProxy, MicroserviceOptions } from '@nestjs/microservices';
import { ClientProxyFactory, MessagePattern, Payload, Transport } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { OpaGuard, OpaInterceptor, OpaPolicy, OpaPublic } from 'nestjs-opa';
import type { AddressInfo, Server } from 'node:net';
import { lastValueFrom } from 'rxjs';
import type { ContextDriver, HandlerName, RunningContext, CallResult } from '../driver.js';
import { order } from '../driver.js';

function controller(called: (handler: HandlerName) => void): new () => object {
  @Controller()
  @UseGuards(OpaGuard, OpaGuard)
  @UseInterceptors(OpaInterceptor)
  class Orders {
    @MessagePattern('orders.read') @OpaPolicy('orders/read', { response: 'orders/view' }) read(
      @Payload('id') id: string,
    ) {
      called('read');
      return order(id);
    }
    @MessagePattern('orders.remove') @OpaPolicy('orders/remove') remove(@Payload('id') id: string) {
      called('remove');
      return order(id);
    }
    @MessagePattern('orders.open') @OpaPublic() open() {
      called('open');
      return 'open';
    }
    @MessagePattern('orders.unnamed') unnamed() {
      called('unnamed');
      return 'unnamed';
    }
    @MessagePattern('orders.shadow') @OpaPolicy('orders/shadow', { mode: 'permissive' }) shadow(
      @Payload('id') id: string,
    ) {
      called('shadow');
      return order(id);
    }
  }
  return Orders;
}

/** Sends a message and tells what came back. */
export async function sent(client: ClientProxy, pattern: unknown, data: unknown): Promise<CallResult> {
  try {
    return { result: await lastValueFrom(client.send<unknown>(pattern, data)) };
  } catch (error) {
    const { code, message, reasons, decisionId, retryAfter, ...rest } = error as Record<string, never>;
    return { error: { code: String(code), message: String(message), reasons, decisionId, retryAfter, rest } };
  }
}

/** A microservice on a TCP port of the system's choice. */
export const ON_TCP: MicroserviceOptions = {
  transport: Transport.TCP,
  options: { host: '127.0.0.1', port: 0 },
};

/** A client of a TCP microservice that listens. */
export function tcpClient(app: INestMicroservice): ClientProxy {
  const { port } = app.unwrap<Server>().address() as AddressInfo;
  return ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
}

/** A row of a transport. */
export const rpcDriver = (
  name: string,
  options: () => MicroserviceOptions,
  clientOf: (app: INestMicroservice) => ClientProxy,
): ContextDriver => ({
  name,
  column: 'rpc',
  input: {
    subject: { type: 'anonymous' },
    action: { name: 'message' },
    resource: { type: 'pattern', id: 'orders.read' },
    context: {},
    request: { pattern: 'orders.read', data: { id: '7' } },
  },
  start: async (opa: DynamicModule, called): Promise<RunningContext> => {
    const module = Test.createTestingModule({ imports: [opa], controllers: [controller(called)] });
    const app = (await module.compile()).createNestMicroservice<MicroserviceOptions>(options());
    await app.listen();
    const client = clientOf(app);
    return {
      call: (handler, id) => sent(client, `orders.${handler}`, { id }),
      close: async () => {
        await client.close();
        await app.close();
      },
    };
  },
});

/** Messages over TCP. */
export const tcp = rpcDriver('microservice, TCP', () => ON_TCP, tcpClient);

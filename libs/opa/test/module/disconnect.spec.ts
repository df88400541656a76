import { afterEach, describe, expect, it } from '@jest/globals';
import type { ClientRequest, ServerResponse } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { Controller, Get, Post, UseGuards } from '@nestjs/common';
import { OpaGuard, OpaService } from 'nestjs-opa';
import { settles } from '../faults/support/leftovers.js';
import { cleanUp, closing } from '../resilience/support.js';
import { httpServer } from '../support.js';
import { ADAPTERS, startApp } from '../support/app.js';

let handled: string[] = [];

@Controller('orders')
@UseGuards(OpaGuard)
class Orders {
  @Get() read() {
    return handled.push('read');
  }
  @Post() write() {
    return handled.push('write');
  }
}

afterEach(cleanUp);

describe.each(ADAPTERS)('a client that disconnects, on %s', (adapter) => {
  it.each(['GET', 'POST'])('frees its socket and its place in the queue: %s', async (method) => {
    handled = [];
    const responses: ServerResponse[] = [];
    const opaServer = closing(await httpServer((_request, response) => void responses.push(response)));
    const app = closing(
      await startApp(adapter, [Orders], {
        url: opaServer.url,
        policy: 'a/b',
        timeout: 60_000,
        pool: { maxSockets: 1, connectTimeout: 10_000 },
      }),
    );
    const opa = app.app.get(OpaService);
    const { port } = (app.app.getHttpServer() as Server).address() as AddressInfo;
    const ask = (): ClientRequest => {
      const options = { host: '127.0.0.1', port, path: '/orders', method, agent: false };
      const sent = httpRequest({ ...options, headers: { 'content-type': 'application/json' } });
      return sent.on('error', () => undefined).end(method === 'POST' ? '{"some":"body"}' : undefined);
    };

    const first = ask();
    await settles(() => responses.length, 1);
    const second = ask();
    await settles(() => opa.stats().waiting, 1);

    second.destroy();
    await settles(() => opa.stats().waiting, 0);
    expect(responses).toHaveLength(1);

    first.destroy();
    // OPA's own side sees it as well.
    await settles(() => opaServer.open.size, 0);
    expect(opa.stats()).toMatchObject({
      waiting: 0,
      sockets: { inUse: 0, idle: 0 },
      decisions: { error: 2 },
    });

    const third = app.send({ method, target: '/orders' });
    await settles(() => responses.length, 2);
    responses[1]?.end('{"result":true}');
    expect(await third).toBe(method === 'POST' ? 201 : 200);
    expect(handled).toHaveLength(1);
  });
});

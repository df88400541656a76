// A Nest application on Fastify in a process of its own: one guarded route and one unguarded route.
import 'reflect-metadata';
import { applyDecorators, Controller, Get, Logger, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { askerOf } from '../lib/clients.mjs';
import { stallHandlers, watchCpu } from '../lib/gauges.mjs';
import { guards } from '../lib/guards.mjs';
import { serve, task } from '../lib/worker.mjs';

const ANSWER = { id: 1, state: 'open' };

const make = await guards[task().guard]();
const { imports = [], guard, askOf, caches } = await make(task());

class Orders {
  read() {
    return ANSWER;
  }

  free() {
    return ANSWER;
  }
}
Controller()(Orders);
decorate('read', Get('orders/:id'), ...(guard === undefined ? [] : [UseGuards(guard)]));
decorate('free', Get('free'));

class App {}
// The sender counts the requests that fail.
Logger.overrideLogger(false);
const root = { module: App, imports, controllers: [Orders] };
const app = await NestFactory.create(root, new FastifyAdapter(), { logger: false, abortOnError: false });
app
  .getHttpAdapter()
  .getInstance()
  .addHook('onRequest', (request, _reply, done) => {
    const { 'x-user': id, 'x-role': role } = request.headers;
    request.user = { type: 'user', id, role };
    done();
  });
await app.listen(0, '127.0.0.1');

let cpu;
serve(
  {
    beginCpu: () => (cpu = watchCpu()) && undefined,
    endCpu: () => cpu(),
    ...stallHandlers(),
    burst,
    caches: () => caches(app),
  },
  { port: app.getHttpServer().address().port },
);

/** Makes many concurrent decisions without requests. */
async function burst({ count, from }) {
  const ask = askerOf({ ask: askOf(app) });
  const start = performance.now();
  await Promise.all(Array.from({ length: count }, (_, i) => ask(from + i)));
  return { ms: performance.now() - start };
}

// What TypeScript makes of decorators.
function decorate(method, ...decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(Orders.prototype, method);
  applyDecorators(...decorators)(Orders.prototype, method, descriptor);
}

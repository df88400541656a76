// A proxy as an application writes it by hand: Fastify with @fastify/http-proxy, and a check in a hook.
import proxy from '@fastify/http-proxy';
import fastify from 'fastify';
import { watchCpu } from '../lib/gauges.mjs';
import { serve, task } from '../lib/worker.mjs';

const { url } = task();
const app = fastify();
await app.register(proxy, {
  upstream: url,
  prefix: '/api/bench',
  preHandler: (request, reply, done) => {
    if (request.method === 'GET') done();
    else reply.code(403).send();
  },
});
await app.listen({ port: 0, host: '127.0.0.1' });

let cpu;
serve(
  { beginCpu: () => (cpu = watchCpu()) && undefined, endCpu: () => cpu() },
  { port: app.server.address().port, path: '/api/bench' },
);

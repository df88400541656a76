// A REST server that does almost nothing, so that the benchmark measures the proxy in front of it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { watchCpu } from '../lib/gauges.mjs';
import { serve } from '../lib/worker.mjs';

const ORDER = JSON.stringify({ id: 1, state: 'open' });
const HEADERS = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(ORDER) };

const server = createServer((_request, response) => response.writeHead(200, HEADERS).end(ORDER));
server.listen(0, '127.0.0.1');
// The connections are idle while other workers have their turn.
server.keepAliveTimeout = 0;
await once(server, 'listening');

let cpu;
serve(
  { beginCpu: () => (cpu = watchCpu()) && undefined, endCpu: () => cpu() },
  { port: server.address().port, path: '' },
);

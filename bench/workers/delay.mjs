// A proxy before OPA that delays each response until a given time after its request.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { serve, task } from '../lib/worker.mjs';

const { url, delayMs } = task();
const { hostname: host, port } = new URL(url);

const server = createServer({ noDelay: true }, (client) => {
  const opa = connect({ host, port: Number(port), noDelay: true });
  let due = 0;
  client.on('data', (chunk) => {
    due = performance.now() + delayMs;
    opa.write(chunk);
  });
  opa.on('data', (chunk) => setTimeout(() => client.write(chunk), due - performance.now()));
  for (const [socket, other] of [
    [client, opa],
    [opa, client],
  ]) {
    socket.on('close', () => other.destroy());
    socket.on('error', () => other.destroy());
  }
}).listen(0, '127.0.0.1');
await once(server, 'listening');
serve({}, { url: `http://127.0.0.1:${server.address().port}` });

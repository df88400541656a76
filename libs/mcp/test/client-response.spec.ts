import { EventEmitter, once } from 'node:events';
import { createServer, get } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ClientResponse } from '../src/http/client-response.js';
import type { PlatformResponse } from '../src/http/client-response.js';

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of cleanup.splice(0).reverse()) await end();
});

/** Makes the emitter that has the response's listeners of "drain". */
type DrainEmitter = (response: ServerResponse) => EventEmitter;

/** The middleware `compression` 1.8 moves listeners of "drain" to the compressing stream, and never removes them. */
function movesListeners(response: ServerResponse): EventEmitter {
  const stream = new EventEmitter();
  const on = response.on.bind(response) as (event: string, listener: () => void) => ServerResponse;
  on('drain', () => stream.emit('drain'));
  const move = (event: string, listener: () => void): ServerResponse => {
    if (event !== 'drain') return on(event, listener);
    stream.on(event, listener);
    return response;
  };
  Object.assign(response, { on: move });
  return stream;
}

const RESPONSES: readonly [string, DrainEmitter][] = [
  ["on Node's response", (response) => response],
  ['on a response whose listeners a middleware moves', movesListeners],
];

/** A response of a real server, and the client's side of the response. */
async function exchange(drainEmitter: DrainEmitter) {
  const server = createServer();
  const requested = new Promise<ServerResponse>((resolve) => {
    server.on('request', (_request, response) => resolve(response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  const { port } = server.address() as AddressInfo;
  const request = get({ port, host: '127.0.0.1' });
  request.on('error', () => undefined);
  const raw = await requested;
  const emitter = drainEmitter(raw);
  return { emitter, request, response: new ClientResponse(raw as unknown as PlatformResponse) };
}

/** This class's listener, and Node's own. */
const MAX_LISTENERS = 2;
const CHUNK = 'x'.repeat(1 << 20);

describe.each(RESPONSES)('a stream to a slow client %s', (_name, drainEmitter) => {
  it('waits with one listener for all writes, and goes on when the client reads', async () => {
    const { emitter, request, response } = await exchange(drainEmitter);
    response.beginStream(200, {});
    let done = 0;
    const writes = Array.from({ length: 30 }, () => response.write(CHUNK).then(() => (done += 1)));
    const [body] = (await once(request, 'response')) as [IncomingMessage];
    expect(done).toBeLessThan(30);
    expect(emitter.listenerCount('drain')).toBeLessThanOrEqual(MAX_LISTENERS);
    body.resume();
    await Promise.all(writes);
    for (let round = 0; round < 20; round += 1) await response.write(CHUNK);
    expect(emitter.listenerCount('drain')).toBeLessThanOrEqual(MAX_LISTENERS);
  });

  it('ends the wait of all writes when the client has disconnected', async () => {
    const { request, response } = await exchange(drainEmitter);
    response.beginStream(200, {});
    const writes = Promise.allSettled(Array.from({ length: 30 }, () => response.write(CHUNK)));
    await once(request, 'response');
    request.destroy();
    expect((await writes).filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
  });
});

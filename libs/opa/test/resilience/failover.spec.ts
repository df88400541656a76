import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { httpServer } from '../support.js';
import { cleanUp, closing, gate, scripted, start, healthy } from './support.js';

afterEach(cleanUp);

/** An address where nobody listens. */
async function refusing(): Promise<{ url: string; port: number }> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return { url: `http://127.0.0.1:${port}`, port };
}

describe('several OPAs', () => {
  it('send queries to the first OPA while it is healthy', async () => {
    const [first, second] = [await scripted(healthy), await scripted(healthy)];
    const opa = await start({ url: [first.url, second.url] });
    await opa.decide({ input: 1 });
    await opa.decide({ input: 2 });
    expect([first.queries(), second.queries()]).toEqual([2, 0]);
  });

  it('use the next OPA without a retry, and then skip the failing OPA', async () => {
    const [first, second] = [await scripted(503), await scripted(healthy)];
    const third = await refusing();
    const opa = await start({ url: [third.url, first.url, second.url] });
    for (let i = 0; i < 5; i += 1) {
      await expect(opa.decide({ input: i })).resolves.toMatchObject({ outcome: 'allow' });
    }
    expect([first.queries(), second.queries()]).toEqual([1, 5]);
    expect(opa.stats().retries).toBe(0);
  });

  it('leave time for the next OPA when the first one hangs', async () => {
    const hang = gate();
    const [first, second] = [await scripted(hang.step), await scripted(healthy)];
    const opa = await start({ url: [first.url, second.url], timeout: 2_000 });
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
    await expect(opa.decide({ input: 2 })).resolves.toMatchObject({ outcome: 'allow' });
    expect([first.queries(), second.queries()]).toEqual([1, 2]);
    hang.open();
  });

  it.each([
    [500, 'OPA_POLICY_ERROR'],
    [401, 'OPA_UNAUTHORIZED'],
    [404, 'OPA_BAD_ANSWER'],
  ] as const)('accept status %d as a response, without trying the next OPA', async (status, code) => {
    const [first, second] = [await scripted(status), await scripted(healthy)];
    const opa = await start({ url: [first.url, second.url] });
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code });
    expect(second.queries()).toBe(0);
  });

  it('keep using an overloaded OPA and report the overload', async () => {
    const first = await scripted(429);
    const second = await refusing();
    const opa = await start({ url: [first.url, second.url], retry: false, onUnavailable: 'allow' });
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_OVERLOADED' });
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_OVERLOADED' });
    expect(first.queries()).toBe(2);
  });

  it('use an OPA again once its health check succeeds', async () => {
    const { url, port } = await refusing();
    const second = await scripted(healthy);
    const opa = await start({ url: [url, second.url] });
    await opa.decide({ input: 1 });
    const back = createServer((request, response) => {
      back.emit('asked', request.url);
      request.resume();
      response.end('{"result":false}');
    });
    closing({
      close: async () => {
        await once(back.close(), 'close');
      },
    });
    const probed = once(back, 'asked');
    back.listen(port, '127.0.0.1');
    expect(await probed).toEqual(['/health?bundles']);
    let outcome = 'allow';
    while (outcome === 'allow') ({ outcome } = await opa.decide({ input: 2 }));
    expect(outcome).toBe('deny');
  });

  it('try every OPA when all are marked unhealthy', async () => {
    let up = false;
    const server = closing(
      await httpServer((request, response) => {
        request.resume();
        response.writeHead(up && request.url !== '/health?bundles' ? 200 : 503).end('{"result":true}');
      }),
    );
    const { url } = await refusing();
    const opa = await start({ url: [url, server.url], retry: false });
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
    up = true;
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
  });
});

describe('the time of a decision over several OPAs', () => {
  /** Is well once it is told so, but its health never is; until then it fails. */
  const late = async () => {
    let mode: 'fails' | 'hangs' | 'healthy' = 'fails';
    const server = closing(
      await httpServer((request, response) => {
        request.resume();
        if (request.url?.startsWith('/health') === true || mode === 'fails') response.writeHead(503).end();
        else if (mode === 'healthy') response.end('{"result":true}');
      }),
    );
    return { url: server.url, be: (now: typeof mode) => void (mode = now) };
  };

  it('is shared evenly when all are unhealthy and the first ones hang', async () => {
    const members = [await late(), await late(), await late()] as const;
    const opa = await start({ url: members.map(({ url }) => url), retry: false, timeout: 3_000 });
    await expect(opa.decide({ input: 1 })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
    members[0].be('hangs');
    members[1].be('hangs');
    members[2].be('healthy');
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
  });

  it('is shared by the unhealthy OPAs when the healthy one fails', async () => {
    const [first, second, third] = [await late(), await late(), await late()];
    const opa = await start({ url: [first.url, second.url, third.url], retry: false, timeout: 3_000 });
    third.be('healthy');
    await opa.decide({ input: 1 });
    first.be('hangs');
    second.be('healthy');
    third.be('fails');
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
  });

  it('belongs entirely to the healthy OPA when the other is unhealthy', async () => {
    const first = await late();
    const slow = await scripted(healthy, (_request, response) => {
      // More than half of the time.
      setTimeout(() => response.end('{"result":true}'), 1_200);
    });
    const opa = await start({ url: [first.url, slow.url], retry: false, timeout: 2_000 });
    await opa.decide({ input: 1 });
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
  });
});

describe('an OPA that has failed', () => {
  it('gets only health checks while it is unhealthy, and is queried first again once it is healthy', async () => {
    let isHealthy = false;
    const queried: unknown[] = [];
    const first = closing(
      await httpServer((request, response) => {
        queried.push(request.url);
        request.resume();
        response.writeHead(isHealthy ? 200 : 503).end('{"result":true}');
      }),
    );
    const second = await scripted({ result: false });
    const opa = await start({ url: [first.url, second.url], retry: false });
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'deny' });
    // The first OPA fails two probes, while decisions go on.
    while (queried.length < 3) {
      await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'deny' });
    }
    expect(queried).toEqual(['/v1/data/a/b', '/health?bundles', '/health?bundles']);
    isHealthy = true;
    let outcome = 'deny';
    while (outcome === 'deny') ({ outcome } = await opa.decide({ input: 1 }));
    expect(queried.slice(0, 4).at(-1)).toBe('/health?bundles');
    const before = second.queries();
    for (let i = 0; i < 5; i += 1) {
      await expect(opa.decide({ input: i })).resolves.toMatchObject({ outcome: 'allow' });
    }
    expect(second.queries()).toBe(before);
  });

  it('is skipped, and the others are queried in order', async () => {
    const [first, second, third] = [await scripted(503), await scripted('reset'), await scripted(healthy)];
    const opa = await start({ url: [first.url, second.url, third.url], retry: false });
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
    await expect(opa.decide({ input: 2 })).resolves.toMatchObject({ outcome: 'allow' });
    expect([first.queries(), second.queries(), third.queries()]).toEqual([1, 1, 2]);
  });
});

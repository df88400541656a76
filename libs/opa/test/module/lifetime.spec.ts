import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, Logger, UseGuards } from '@nestjs/common';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaGuard, OpaService } from 'nestjs-opa';
import type { OpaServer, StartOpaOptions } from 'nestjs-opa/testing';
import { startOpa } from 'nestjs-opa/testing';
import { writeArchive } from '../engines/support/archive.js';
import { cleanUp, closing, fakeClock, scripted, start, healthy } from '../resilience/support.js';
import { httpServer } from '../support.js';
import type { TestApp } from '../support/app.js';
import { ADAPTERS, startApp } from '../support/app.js';
import { connectionsTo } from '../support/connections.js';
import { eventually } from '../support/eventually.js';

/** Nothing is closed for its age, and a busy machine has its time. */
const patient: OpaModuleOptions = {
  timeout: 15_000,
  pool: { connectTimeout: 15_000, freeSocketTimeout: 60_000, maxSockets: 50 },
};

afterEach(async () => {
  await cleanUp();
  jest.restoreAllMocks();
});

async function realOpa(options: StartOpaOptions): Promise<OpaServer> {
  const opa = await startOpa(options);
  closing({ close: () => opa.stop() });
  return opa;
}

describe('the option warmup', () => {
  it('opens its sockets before the first decision, which uses them', async () => {
    const server = await scripted(healthy);
    const opa = await start({ ...patient, url: server.url, warmup: 5 });
    expect(server.open.size).toBe(5);
    expect(server.queries()).toBe(0);
    await Promise.all(Array.from({ length: 5 }, (_, input) => opa.decide({ input })));
    expect(server.queries()).toBe(5);
    expect(server.opened()).toBe(5);
    expect(opa.stats().sockets).toMatchObject({ created: 5, idle: 5 });
  });

  it.each([
    ['maxSockets', { maxSockets: 3 }, 3],
    ['maxFreeSockets', { maxSockets: 3, maxFreeSockets: 2 }, 2],
  ])('opens no more sockets than pool.%s keeps', async (_name, pool, opened) => {
    const server = await scripted(healthy);
    await start({ ...patient, url: server.url, warmup: 5, pool: { ...patient.pool, ...pool } });
    expect(server.opened()).toBe(opened);
  });

  it('opens no sockets when decisions are disabled', async () => {
    const server = await scripted(healthy);
    await start({ ...patient, url: server.url, warmup: 5, mode: 'disabled' });
    expect(server.opened()).toBe(0);
  });

  it('does not stop the start when OPA is unreachable', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const closedServer = await httpServer(() => undefined);
    await closedServer.close();
    await start({ ...patient, url: closedServer.url, warmup: 3 });
    expect(warn.mock.calls.flat().join()).toContain('warmup: 3 of 3 sockets');
  });
});

describe('the option ready', () => {
  it('delays the start until /health?bundles returns 200, and logs that once', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    let started = false;
    const paths: unknown[] = [];
    const { url } = closing(
      await httpServer((request, response) => {
        paths.push([request.url, started]);
        response.writeHead(paths.length < 3 ? 500 : 200).end('{}');
      }),
    );
    await start({ ...patient, url, ready: true });
    started = true;
    expect(paths).toEqual(Array.from({ length: 3 }, () => ['/health?bundles', false]));
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(`^ready: the start waits for OPA, at most 30 s: OPA at ${url} .*500`)],
    ]);
  });

  it('waits for the bundle of a real OPA', async () => {
    const bundle = await readFile(
      await writeArchive({ 'policy.rego': 'package a\nb := true', '.manifest': '{"roots": ["a"]}' }),
    );
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const bundles = closing(
      await httpServer((_request, response) => void released.then(() => response.end(bundle))),
    );
    const { url } = await realOpa({
      rego: 'package other',
      args: ['services.s.url=' + bundles.url, 'bundles.a.service=s', 'bundles.a.resource=a'].flatMap(
        (setting) => ['--set', setting],
      ),
    });
    const early = await start({ ...patient, url });
    await expect(early.decide({ input: {} })).resolves.toMatchObject({ outcome: 'undefined' });
    const starting = start({ ...patient, url, ready: true });
    // Beside the kept one of `early`: it has begun to ask.
    await eventually(async () => (await connectionsTo(url)).client, 2);
    release();
    const opa = await starting;
    await expect(opa.decide({ input: {} })).resolves.toMatchObject({ outcome: 'allow' });
  });

  it('stops the start with a reason when the bundle has not arrived in time', async () => {
    const clock = fakeClock();
    let requests = 0;
    const { url } = closing(
      await httpServer((_request, response) => {
        requests += 1;
        if (requests === 2) clock.pass(30_001);
        response.writeHead(500).end('{}');
      }),
    );
    await expect(start({ ...patient, url, ready: true })).rejects.toMatchObject({
      code: 'OPA_UNREACHABLE',
      message: expect.stringMatching(`${url} is not healthy.*500`),
    });
    expect(requests).toBe(2);
  });

  it('sends no health check when decisions are disabled', async () => {
    const server = await scripted(healthy);
    await start({ ...patient, url: server.url, ready: true, mode: 'disabled' });
    expect(server.opened()).toBe(0);
  });
});

@Controller('orders')
@UseGuards(OpaGuard)
class Orders {
  @Get(':id') read() {
    return 'read';
  }
}

describe.each(ADAPTERS)('the connections that a real OPA sees, on %s', (adapter) => {
  const rego = 'package orders\nread if input.request.method == "GET"';
  const REQUESTS = 200;

  async function loaded(): Promise<{ url: string; app: TestApp; responses: Promise<number>[] }> {
    const { url } = await realOpa({ rego });
    const app = closing(await startApp(adapter, [Orders], { ...patient, url, policy: 'orders/read' }));
    const responses = Array.from({ length: REQUESTS }, (_, id) => app.send({ target: `/orders/${id}` }));
    return { url, app, responses };
  }

  /** From this process' side at once; OPA needs a moment to see the end of its own. */
  async function expectNone(url: string): Promise<void> {
    expect(await connectionsTo(url)).toMatchObject({ client: 0 });
    await eventually(async () => (await connectionsTo(url)).server, 0);
  }

  it('are closed when the application closes after its load', async () => {
    const { url, app, responses } = await loaded();
    expect(new Set(await Promise.all(responses))).toEqual(new Set([200]));
    const { server } = await connectionsTo(url);
    expect(server).toBeGreaterThan(0);
    expect(server).toBe(app.app.get(OpaService).stats().sockets.idle);
    await app.app.close();
    await expectNone(url);
  });

  it('are closed when the application closes under load, and accepted requests get responses', async () => {
    const { url, app, responses } = await loaded();
    const opa = app.app.get(OpaService);
    const settled = Promise.allSettled(responses);
    await Promise.race(responses);
    expect((await connectionsTo(url)).server).toBeGreaterThan(0);
    await app.app.close();
    await expectNone(url);
    const statuses = (await settled).flatMap((result) =>
      result.status === 'fulfilled' ? [result.value] : [],
    );
    const read = statuses.filter((status) => status === 200).length;
    expect(read).toBeGreaterThan(0);
    expect(opa.stats().decisions).toMatchObject({ allow: read, error: 0, deny: 0, undefined: 0 });
    // Fastify itself answers 503 to what comes once it is closing.
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
  });
});

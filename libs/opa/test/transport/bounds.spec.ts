import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { INestApplicationContext } from '@nestjs/common';
import { HttpService } from '@nestjs/axios';
import { Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import MockAdapter from 'axios-mock-adapter';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaHttpService, OpaModule, OpaService } from 'nestjs-opa';
import type { OpaServer } from 'nestjs-opa/testing';
import { startOpa } from 'nestjs-opa/testing';
import type { TestServer } from '../support.js';
import { httpServer, tcpServer } from '../support.js';
import { ignoreStalls } from '../support/stalls.js';

let app: INestApplicationContext | undefined;
let server: TestServer | undefined;

async function start(options: OpaModuleOptions): Promise<OpaService> {
  const module = {
    module: class App {},
    imports: [OpaModule.forRoot({ policy: 'a/b', timeout: 10_000, ...options })],
  };
  app = await NestFactory.createApplicationContext(module, { logger: false });
  return app.get(OpaService);
}

/** A fake OPA that responds only when the test ends the response. */
async function holding(): Promise<{
  server: TestServer;
  responses: ServerResponse[];
  nextQuery: () => Promise<void>;
}> {
  const responses: ServerResponse[] = [];
  let notify = (): void => undefined;
  const server = await httpServer((_request, response) => {
    responses.push(response);
    notify();
  });
  return { server, responses, nextQuery: () => new Promise((resolve) => (notify = resolve)) };
}

ignoreStalls();
afterEach(async () => {
  await app?.close();
  await server?.close();
  app = undefined;
  server = undefined;
});

describe('the bounds of the socket pool', () => {
  it('report a timeout for a query with a socket, and an overload for a query without one', async () => {
    const stand = await holding();
    server = stand.server;
    const opa = await start({ url: server.url, timeout: 1_000, pool: { maxSockets: 1 } });
    const first = opa.decide({ input: 1 });
    const second = opa.decide({ input: 2, timeout: 500 });
    await expect(second).rejects.toMatchObject({ code: 'OPA_OVERLOADED' });
    await expect(first).rejects.toMatchObject({ code: 'OPA_TIMEOUT' });
  });

  it('send queued queries as soon as OPA responds again, however long it was silent', async () => {
    let silent = true;
    server = await httpServer((_request, response) => {
      if (!silent) response.end('{"result":true}');
    });
    const opa = await start({ url: server.url, pool: { maxSockets: 1 } });
    await expect(opa.decide({ input: 0, timeout: 1_000 })).rejects.toMatchObject({ code: 'OPA_TIMEOUT' });
    silent = false;
    const decisions = await Promise.all(Array.from({ length: 10 }, (_, i) => opa.decide({ input: i })));
    expect(decisions.every(({ allowed }) => allowed)).toBe(true);
  });

  it('queue up to maxPending queries and refuse the next at once', async () => {
    const stand = await holding();
    server = stand.server;
    const opa = await start({ url: server.url, pool: { maxSockets: 1, maxPending: 1 } });
    const firstQuery = stand.nextQuery();
    const first = opa.decide({ input: 1 });
    const second = opa.decide({ input: 2 });
    await expect(opa.decide({ input: 3 })).rejects.toMatchObject({ code: 'OPA_OVERLOADED' });
    expect(opa.stats().waiting).toBe(1);
    await firstQuery;
    const next = stand.nextQuery();
    stand.responses[0]?.end('{"result":true}');
    await expect(first).resolves.toMatchObject({ outcome: 'allow' });
    await next;
    stand.responses[1]?.end('{"result":true}');
    await expect(second).resolves.toMatchObject({ outcome: 'allow' });
    expect(server.opened()).toBe(1);
    expect(opa.stats().sockets).toMatchObject({ created: 1, reused: 1 });
  });

  it('free the socket of an aborted decision', async () => {
    const stand = await holding();
    server = stand.server;
    const opa = await start({ url: server.url, timeout: 10_000 });
    const caller = new AbortController();
    const firstQuery = stand.nextQuery();
    const decision = opa.decide({ input: 1, signal: caller.signal });
    await firstQuery;
    const [socket] = server.open;
    const closed = socket === undefined ? undefined : once(socket, 'close');
    caller.abort();
    await expect(decision).rejects.toMatchObject({ code: 'OPA_ABORTED' });
    await closed;
    expect(opa.stats().sockets).toMatchObject({ inUse: 0, idle: 0 });
  });

  it('send a query again at once when a reused socket is reset', async () => {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"result":true}';
    server = await tcpServer((socket) => {
      let queries = 0;
      socket.on('data', () => {
        queries += 1;
        if (queries === 1) socket.write(answer);
        else socket.resetAndDestroy();
      });
    });
    const opa = await start({ url: server.url });
    for (let i = 0; i < 50; i += 1) {
      await expect(opa.decide({ input: i })).resolves.toMatchObject({ outcome: 'allow' });
    }
    expect(opa.stats().decisions).toMatchObject({ allow: 50, error: 0 });
  });

  it('send the token, and put it into no error', async () => {
    let authorization: string | undefined;
    server = await httpServer((request, response) => {
      authorization = request.headers.authorization;
      response.writeHead(401).end();
    });
    const opa = await start({ url: server.url, token: async () => Promise.resolve('s3cret') });
    const error: unknown = await opa.decide({ input: {} }).catch((reason: unknown) => reason);
    expect(authorization).toBe('Bearer s3cret');
    expect(String(error)).not.toContain('s3cret');
  });
});

describe('the pooled HttpService', () => {
  it('runs its interceptors for every decision, and uses a replaced adapter', async () => {
    server = await httpServer((request, response) =>
      response.end(`{"result":${request.headers['x-added'] === '1'}}`),
    );
    const opa = await start({ url: server.url });
    const http = app?.get(OpaHttpService);
    const queries: unknown[] = [];
    http?.axiosRef.interceptors.request.use((config) => {
      config.headers.set('x-added', '1');
      queries.push([config.method, config.url]);
      return config;
    });
    await expect(opa.decide({ input: {} })).resolves.toMatchObject({ outcome: 'allow' });
    expect(queries).toEqual([['post', `${server.url}/v1/data/a/b`]]);
    if (http === undefined) throw new Error('no service');
    // Its types know axios' CommonJS half alone.
    new MockAdapter(http.axiosRef as never)
      .onPost(`${server.url}/v1/data/a/b`)
      .reply(200, { result: { allow: false } });
    await expect(opa.decide({ input: {} })).resolves.toMatchObject({ outcome: 'deny' });
    expect(server.opened()).toBe(1);
  });

  it('is the HttpService of modules that import OpaModule, without base address or credentials', async () => {
    @Injectable()
    class Uses {
      constructor(@Inject(HttpService) readonly http: HttpService) {}
    }
    @Module({
      imports: [OpaModule.forRoot({ url: 'http://127.0.0.1:1', token: 's3cret' })],
      providers: [Uses],
    })
    class App {}
    app = await NestFactory.createApplicationContext(App, { logger: false });
    const { http } = app.get(Uses);
    expect(http).toBe(app.get(OpaHttpService));
    expect(JSON.stringify(http.axiosRef.defaults.headers)).not.toContain('s3cret');
    expect(http.axiosRef.defaults.baseURL).toBeUndefined();
    expect(http.axiosRef.defaults).toMatchObject({ proxy: false, maxRedirects: 0 });
  });
});

describe('the connections that a real OPA sees', () => {
  let opaServer: OpaServer;

  it('are all closed after the module has closed', async () => {
    opaServer = await startOpa({ rego: 'package a\nb if input.n >= 0' });
    try {
      const opa = await start({ url: opaServer.url, pool: { maxSockets: 8 } });
      await Promise.all(Array.from({ length: 50 }, (_, n) => opa.decide({ input: { n } })));
      expect(opa.stats().sockets.created).toBeLessThanOrEqual(8);
      await app?.close();
      app = undefined;
      expect(opa.stats().sockets).toMatchObject({ inUse: 0, idle: 0 });
      await expect(opa.decide({ input: {} })).rejects.toMatchObject({ code: 'OPA_CLOSED' });
    } finally {
      await opaServer.stop();
    }
  });

  it('are all closed after the module closed during decisions, which still finish', async () => {
    const stand = await holding();
    server = stand.server;
    const opa = await start({ url: server.url, timeout: 10_000 });
    const firstQuery = stand.nextQuery();
    const decision = opa.decide({ input: 1 });
    await firstQuery;
    const closing = app?.close();
    stand.responses[0]?.end('{"result":true}');
    await expect(decision).resolves.toMatchObject({ outcome: 'allow' });
    await closing;
    app = undefined;
    await Promise.all([...server.open].map((socket) => once(socket, 'close')));
    expect(server.open.size).toBe(0);
  });
});

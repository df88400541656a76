import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { NestInterceptor } from '@nestjs/common';
import { Logger, Redirect } from '@nestjs/common';
import { RouteSchema } from '@nestjs/platform-fastify';
import type { RequestHandler } from 'express';
import type { FastifyInstance } from 'fastify';
import { OpaInterceptor } from 'nestjs-opa';
import { map } from 'rxjs';
import { ADAPTERS } from '../support/app.js';
import type { ResultsSetup, RunningResults } from './support.js';
import { masking, startResults } from './support.js';

let running: RunningResults;
afterEach(() => running.close());

const start = async (setup: ResultsSetup): Promise<Response> => {
  running = await startResults(setup);
  return running.fetch();
};

describe.each(ADAPTERS)('the response on %s', (adapter) => {
  it('is what toJSON() returned for the policy', async () => {
    let calls = 0;
    const give = (): object => ({ row: { toJSON: () => ({ call: (calls += 1) }) } });
    const response = await start({ adapter, give });
    expect(await response.json()).toEqual({ row: { call: 1 } });
    expect(running.lastResponse().body).toEqual({ row: { call: 1 } });
    expect(calls).toBe(1);
  });

  it('does not include what the handler changed in its result after the decision', async () => {
    const row: Record<string, unknown> = { name: 'n', bytes: Buffer.from('ab') };
    const view = (): boolean => {
      row['name'] = 's3cret';
      (row['bytes'] as Buffer).fill('s');
      return true;
    };
    const response = await start({ adapter, give: () => row, view });
    expect(await response.json()).toEqual({ name: 'n', bytes: { type: 'Buffer', data: [97, 98] } });
  });

  it('has its own type, length and entity tag after masking', async () => {
    const response = await start({ adapter, give: () => ({ a: 'ää', b: 1 }), view: masking('/b') });
    const text = await response.text();
    expect(text).toBe('{"a":"ää","b":"***"}');
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(response.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
    expect(response.headers.has('etag')).toBe(adapter === 'express');
  });

  it('stays a redirect', async () => {
    const give = (): object => ({ url: '/elsewhere', statusCode: 307 });
    running = await startResults({ adapter, give, decorate: [Redirect('/here')] });
    const response = await running.fetch({ redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([307, '/elsewhere']);
  });
});

describe('the response on Express', () => {
  it('shows the policy what the application\'s "json replacer", "json spaces" and "json escape" produce', async () => {
    const prepare: ResultsSetup['prepare'] = (app) => {
      app.set('json replacer', (key: string, value: unknown) => (key === 'hash' ? undefined : value));
      app.set('json spaces', 1);
      app.set('json escape', true);
    };
    const give = (): object => ({ hash: 's3cret', html: '<b>', pin: 1 });
    const response = await start({ adapter: 'express', give, prepare });
    expect(running.lastResponse().body).toEqual({ html: '<b>', pin: 1 });
    expect(await response.text()).toBe('{\n "html": "\\u003cb\\u003e",\n "pin": 1\n}');
    await running.close();
    const masked = await start({ adapter: 'express', give, prepare, view: masking('/pin') });
    expect(await masked.text()).toBe('{\n "html": "\\u003cb\\u003e",\n "pin": "***"\n}');
  });
});

describe('the response on Fastify', () => {
  it('is serialized once when another interceptor wraps the text after the decision', async () => {
    const wraps: NestInterceptor = {
      intercept: (_context, next) => next.handle().pipe(map((data: unknown) => ({ data }))),
    };
    const give: ResultsSetup['give'] = (reply) => {
      reply.serializer?.((payload) => JSON.stringify({ wrapped: payload }));
      return 'text';
    };
    const response = await start({ adapter: 'fastify', give, interceptors: [wraps, OpaInterceptor] });
    expect(await response.json()).toEqual({ wrapped: { data: 'text' } });
  });

  it("shows the policy what the reply's serializer produces", async () => {
    const give: ResultsSetup['give'] = (reply) => {
      reply.serializer?.((payload) => JSON.stringify({ wrapped: payload }));
      return { name: 'n' };
    };
    const response = await start({ adapter: 'fastify', give, view: masking('/wrapped/name') });
    expect(running.lastResponse().body).toEqual({ wrapped: { name: 'n' } });
    expect(await response.json()).toEqual({ wrapped: { name: '***' } });
  });

  it("shows the policy what the route's schema produces", async () => {
    const schema = { response: { 200: { type: 'object', properties: { name: { type: 'string' } } } } };
    const response = await start({
      adapter: 'fastify',
      give: () => ({ name: 'n', hash: 's3cret' }),
      decorate: [RouteSchema(schema)],
    });
    expect(running.lastResponse().body).toEqual({ name: 'n' });
    expect(await response.text()).toBe('{"name":"n"}');
  });

  it('does not pass text through a serializer after the decision', async () => {
    const give: ResultsSetup['give'] = (reply) => {
      reply.header('content-type', 'text/plain');
      reply.serializer?.(() => 's3cret');
      return 'text';
    };
    expect(await (await start({ adapter: 'fastify', give })).text()).toBe('text');
  });
});

describe('what the application itself changes on the way to the client', () => {
  const withoutHash = (payload: unknown): object => ({ ...(payload as object), hash: undefined });

  const rows: [string, Pick<ResultsSetup, 'adapter' | 'prepare'>][] = [
    [
      'a replaced res.json() on Express',
      {
        adapter: 'express',
        prepare: (app) => {
          app.use(((_request, response, next) => {
            const json = response.json.bind(response);
            response.json = (body) => json(withoutHash(body));
            next();
          }) satisfies RequestHandler);
        },
      },
    ],
    [
      'a preSerialization hook on Fastify',
      {
        adapter: 'fastify',
        prepare: (app) => {
          const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
          fastify.addHook('preSerialization', (_request, _reply, payload, done) =>
            done(null, withoutHash(payload)),
          );
        },
      },
    ],
  ];

  it.each(rows)('still runs, with one warning: %s', async (_name, setup) => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
    const give = (): object => ({ name: 'n', pin: 1, hash: 's3cret' });
    const response = await start({ ...setup, give, view: masking('/pin') });
    expect(await response.json()).toEqual({ name: 'n', pin: '***' });
    await running.fetch();
    expect(
      warn.mock.calls.map(([text]) => String(text)).filter((text) => text.includes('Results.get')),
    ).toEqual([expect.stringContaining('may change the result after the response policy has seen it')]);
    warn.mockRestore();
  });
});

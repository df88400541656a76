import { afterEach, describe, expect, it } from '@jest/globals';
import { Header } from '@nestjs/common';
import { OpaInterceptor } from 'nestjs-opa';
import { EventEmitter } from 'node:events';
import type { PassThrough } from 'node:stream';
import { Readable } from 'node:stream';
import { of } from 'rxjs';
import { ADAPTERS } from '../support/app.js';
import type { ResultsSetup, RunningResults } from './support.js';
import { masking, startResults, Witness } from './support.js';

const SECRET = 's3cret';
const json = Header('content-type', 'application/json');

/** A stream as before Node 0.10: it has `pipe` and no iterator. */
class OldStream extends EventEmitter {
  pipe<T extends PassThrough>(into: T): T {
    into.end(SECRET);
    return into;
  }
}

async function* chunks(): AsyncGenerator<string> {
  yield await Promise.resolve(SECRET);
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text));
const shared = (text: string): SharedArrayBuffer => {
  const memory = new SharedArrayBuffer(text.length);
  new Uint8Array(memory).set(bytes(text));
  return memory;
};

let running: RunningResults;
afterEach(() => running.close());

describe.each(ADAPTERS)('a result of a handler on %s', (adapter) => {
  const start = async (setup: Omit<ResultsSetup, 'adapter'>): Promise<Response> => {
    running = await startResults({ adapter, ...setup });
    return running.fetch();
  };

  it.each<[string, () => unknown]>([
    ['a stream', () => Readable.from([SECRET])],
    ['a stream as before Node 0.10', () => new OldStream()],
    ['an async generator', chunks],
    ['an async iterable with a property "then"', () => Object.assign(chunks(), { then: 'later' })],
    ['a web stream', () => new Response(SECRET).body],
    ['a Response', () => new Response(SECRET)],
    ['a Blob', () => new Blob([SECRET])],
    ['a generator', () => [SECRET].values()],
    ['an error', () => new Error(SECRET)],
    ['a function', () => Object.assign(() => SECRET, { toString: () => SECRET })],
    ['a symbol', () => Symbol(SECRET)],
    ['a bigint', () => 10n],
  ])('that the policy cannot see is refused: %s', async (_name, make) => {
    for (const interceptors of [[OpaInterceptor], [Witness, OpaInterceptor]]) {
      const response = await start({ give: make, interceptors });
      expect(response.status).toBe(500);
      expect(await response.text()).not.toContain(SECRET);
      expect(running.engine.questions).toEqual([]);
      await running.close();
    }
  });

  it('that is an Observable of a thenable is decided as the resolved value', async () => {
    const query = { then: (resolve: (rows: unknown) => void): void => resolve([{ name: SECRET }]) };
    const response = await start({ give: () => of(query), view: masking('/0/name') });
    expect(await response.json()).toEqual([{ name: '***' }]);
    expect(running.lastResponse().body).toEqual([{ name: SECRET }]);
  });

  it.each<[string, (text: string) => unknown]>([
    ['a Buffer', (text) => Buffer.from(text)],
    ['a typed array', bytes],
    ['another typed array', (text) => new Uint16Array(bytes(text).buffer)],
    ['a DataView', (text) => new DataView(bytes(text).buffer)],
    ['an ArrayBuffer', (text) => bytes(text).buffer],
    ['a SharedArrayBuffer', shared],
  ])('that is binary is sent as its bytes, and the policy sees them: %s', async (_name, make) => {
    const response = await start({ give: () => make('\x00secret'.padEnd(10)) });
    const content = Buffer.from(await response.arrayBuffer());
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'application/octet-stream',
    ]);
    const { body, encoding } = running.lastResponse();
    expect(Buffer.from(String(body), encoding === 'base64' ? 'base64' : 'utf8')).toEqual(content);
    await running.close();
    const document = '{"a":1,"name":"s3"}'.padEnd(20);
    const masked = await start({ give: () => make(document), view: masking('/name'), decorate: [json] });
    expect(running.lastResponse().body).toEqual({ a: 1, name: 's3' });
    expect(masked.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await masked.json()).toEqual({ a: 1, name: '***' });
  });

  it.each<[string, string, unknown]>([
    ['an object', '{"name":"s3"}', { name: 's3' }],
    ['a list', '["s3"]', ['s3']],
    ['a duplicate key', '{"name":"s3","name":"s4"}', { name: 's4' }],
  ])(
    'that is text with a JSON content type is shown to the policy as JSON: %s',
    async (_name, text, shown) => {
      const response = await start({ give: () => text, decorate: [json] });
      expect(running.lastResponse().body).toEqual(shown);
      expect(JSON.parse(await response.text())).toEqual(shown);
      await running.close();
      const masked = await start({ give: () => text, decorate: [json], view: masking('/name', '/0') });
      expect(await masked.text()).not.toMatch(/s3|s4/);
    },
  );

  it.each<[string, unknown]>([
    ['a text that is not JSON', SECRET],
    ['a byte-order mark', Buffer.from(`\uFEFF{"name":"${SECRET}"}`)],
    ['UTF-16', Buffer.from(`{"name":"${SECRET}"}`, 'utf16le')],
    ['bytes that are not text', Buffer.from([0xff, 0xfe, 0x00])],
  ])('with a JSON content type that is not valid JSON is refused: %s', async (_name, result) => {
    for (const type of ['application/json', 'application/problem+json; charset=utf-8', 'text/JSON']) {
      const response = await start({ give: () => result, decorate: [Header('content-type', type)] });
      expect(response.status).toBe(500);
      expect(await response.text()).not.toContain(SECRET);
      await running.close();
    }
  });

  it('that is text with another content type is shown to the policy as text', async () => {
    const lines = '{"a":1}\n{"a":2}\n';
    const response = await start({
      give: () => lines,
      decorate: [Header('content-type', 'application/x-ndjson')],
    });
    expect(running.lastResponse().body).toBe(lines);
    expect(await response.text()).toBe(lines);
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['an empty text', ''],
    ['a number', 7],
    ['false', false],
    ['a text', '<b>ä</b>'],
    ['an object', { a: [1, { b: 'ä' }], c: new Date(0), d: undefined }],
    ['an empty Map', new Map()],
  ])('gets the same response with and without a response policy: %s', async (_name, result) => {
    const responses: unknown[] = [];
    for (const interceptors of [[OpaInterceptor], []]) {
      const { status, headers } = await start({ give: () => result, interceptors });
      const head = ['content-type', 'content-length', 'etag'].map((name) => headers.get(name));
      const withoutBody = await running.fetch({ method: 'HEAD' });
      expect(withoutBody.headers.get('content-type')).toBe(head[0]);
      responses.push([status, ...head, await (await running.fetch()).text()]);
      await running.close();
    }
    expect(responses[0]).toEqual(responses[1]);
  });
});

describe('a result that another interceptor changes after the decision', () => {
  it.each<[string, unknown]>([
    ['a Map', { a: [new Map([['k', SECRET]])] }],
    ['a Set', { a: [new Set([SECRET])] }],
    ['a promise', { a: [Promise.resolve(SECRET)] }],
    ['an ArrayBuffer', { a: [bytes(SECRET).buffer] }],
    ['a DataView', { a: [new DataView(bytes(SECRET).buffer)] }],
    ['a stream', { a: [Readable.from([SECRET])] }],
    ['Headers', { a: [new Headers({ name: SECRET })] }],
    ['URLSearchParams', { a: [new URLSearchParams({ name: SECRET })] }],
  ])('is refused when JSON hides a part of it: %s', async (_name, result) => {
    running = await startResults({
      adapter: 'express',
      give: () => result,
      interceptors: [Witness, OpaInterceptor],
    });
    const response = await running.fetch();
    expect(response.status).toBe(500);
    expect(running.engine.questions).toEqual([]);
  });

  it('is refused when it changed during the decision', async () => {
    const row = { name: 'n' };
    running = await startResults({
      adapter: 'fastify',
      give: () => row,
      view: () => {
        row.name = SECRET;
        return true;
      },
      interceptors: [Witness, OpaInterceptor],
    });
    const response = await running.fetch();
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain(SECRET);
  });
});

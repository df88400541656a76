import { once } from 'node:events';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from './support/cleanup.js';
import { open, send } from './support/client.js';
import type { GatewayProcess } from './support/gateway-process.js';
import { startOpenGateway } from './support/open-gateway.js';
import { Routes } from './support/routes.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const routes = new Routes();
let gateway: GatewayProcess;

beforeAll(async () => {
  const entries = (url: string) => [
    { name: 'masked', url, response: 'test/response' },
    { name: 'seen', url, response: 'test/open' },
  ];
  const opa = { policyHeaders: ['x-authz-*', 'X-Role'] };
  ({ gateway } = await startOpenGateway(cleanup, routes.handle, entries, { opa }));
});

describe('a client of the gateway', () => {
  it("gets the upstream's status and headers, without those of the connection", async () => {
    const path = routes.add((_request, response) => {
      response.writeHead(207, {
        connection: 'keep-alive, x-private',
        'x-private': '1',
        'keep-alive': 'timeout=77',
        'proxy-authenticate': 'Basic',
        'set-cookie': ['a=1', 'b=2'],
        'x-up': 'yes',
        'content-type': 'text/plain; charset=latin1',
      });
      response.end('Hi');
    });
    const { status, headers, text } = await send(gateway.port, { path: `/api/up${path}` });
    expect([status, text]).toEqual([207, 'Hi']);
    expect(headers).toMatchObject({
      'set-cookie': ['a=1', 'b=2'],
      'x-up': 'yes',
      'content-type': 'text/plain; charset=latin1',
    });
    for (const name of ['x-private', 'proxy-authenticate']) expect(headers).not.toHaveProperty(name);
    expect(headers['keep-alive']).not.toBe('timeout=77');
  });

  it('gets no header of the upstream that only a policy may set', async () => {
    const path = routes.add((_request, response) => {
      response
        .writeHead(200, { 'X-Authz-User': 'root', x_authz_more: 'root', x_role: 'root', 'x-roles': 'kept' })
        .end();
    });
    const { headers } = await send(gateway.port, { path: `/api/up${path}` });
    expect(headers).toMatchObject({ 'x-roles': 'kept' });
    for (const name of ['x-authz-user', 'x_authz_more', 'x_role']) expect(headers).not.toHaveProperty(name);
  });

  it('gets no part of a response that the response policy denies', async () => {
    const path = routes.add((_request, response) => {
      response.writeHead(500, { 'x-secret': '1', 'set-cookie': 'a=b' }).end('secret');
    });
    const { status, headers, text } = await send(gateway.port, { path: `/api/masked${path}` });
    expect(status).toBe(403);
    expect(text).not.toContain('secret');
    for (const name of ['x-secret', 'set-cookie']) expect(headers).not.toHaveProperty(name);
  });

  it.each([
    ['once, where a key stands twice, as the policy saw it', '{"a":1,"a":{"b":2,"b":3}}', '{"a":{"b":3}}'],
    ['as it came, where none does', '{ "a":1.0, "b":{"a":12345678901234567890} }', undefined],
    ['as it came, where the policy saw the text', '{"a":1,"a":12345678901234567890}', undefined],
  ])('gets a JSON document that was decided %s', async (_name, body, expected = body) => {
    const path = routes.add((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    });
    expect(await send(gateway.port, { path: `/api/seen${path}` })).toMatchObject({
      status: 200,
      text: expected,
    });
  });

  const unreadable: [string, Record<string, string | string[]>, string | Buffer][] = [
    ['JSON with a byte-order mark', { 'content-type': 'application/json' }, '\uFEFF{"secret":1}'],
    ['JSON that is cut short', { 'content-type': 'application/json' }, '{"secret":1'],
    ['JSON with more behind it', { 'content-type': 'Application/Problem+JSON ; x=1' }, '{"secret":1}}'],
    ['text declared as JSON', { 'content-type': 'text/json' }, 'secret'],
    ['JSON in UTF-16', { 'content-type': 'application/json' }, Buffer.from('{"secret":1}', 'utf16le')],
    [
      'JSON that is not UTF-8',
      { 'content-type': 'application/json' },
      Buffer.from('{"secret":"é"}', 'latin1'),
    ],
    ['JSON in a charset', { 'content-type': 'application/json; Charset="utf-16"' }, '{"secret":1}'],
    ['text in a charset', { 'content-type': 'text/plain; charset=utf-7' }, '+AHM-ecret'],
    ['text in two charsets', { 'content-type': 'text/plain; charset=utf-8; charset=utf-16' }, 'secret'],
    ['a list of types', { 'content-type': 'text/html, application/json' }, '\uFEFF{"secret":1}'],
    ['of a type that is none', { 'content-type': 'application/json\xa0; charset=utf-8' }, '{"secret":1}'],
    ['of no whole type', { 'content-type': 'text' }, 'secret'],
    ['of a charset with more behind it', { 'content-type': 'text/plain; charset=utf-8 utf-16' }, 'secret'],
    ['of a charset behind no semicolon', { 'content-type': 'text/plain charset=utf-16' }, 'secret'],
    ['of a charset in the extended form', { 'content-type': 'text/plain; charset*=utf-16' }, 'secret'],
    ['of a quote that is not closed', { 'content-type': 'text/plain; a="\\"; charset=utf-8' }, 'secret'],
    ['of two types', { 'content-type': ['text/plain', 'application/json'] }, 'secret'],
    ['compressed', { 'content-type': 'text/plain', 'content-encoding': 'gzip' }, gzipSync('secret')],
    ['encoded twice', { 'content-encoding': ['identity', 'br'] }, 'secret'],
  ];
  it.each(unreadable)(
    'is nothing that a response policy would see otherwise: %s',
    async (_what, head, body) => {
      const path = routes.add((_request, response) => {
        response.writeHead(200, { 'x-up': '1', 'set-cookie': 'a=b', ...head }).end(body);
      });
      const response = await send(gateway.port, { path: `/api/seen${path}` });
      expect(response.status).toBe(500);
      expect(response.json()).toMatchObject({ statusCode: 500, error: 'Internal Server Error' });
      expect(response.text).not.toContain('ecret');
      for (const name of ['x-up', 'set-cookie', 'content-encoding'])
        expect(response.headers).not.toHaveProperty(name);
      expect(gateway.output()).not.toContain('ecret');
    },
  );

  it.each([
    ['JSON', 'application/json;charset=UTF-8', '{"a":1}'],
    ['JSON with further parameters', 'application/json; a="b;\\"c" ;; charset=utf-8;', '{"a":1}'],
    ['JSON in the name of a part of UTF-8', 'application/json; charset="us-ascii"', '{"a":1}'],
    ['lines of JSON', 'application/x-ndjson', '{"a":1}\n{"b":2}\n'],
    ['a sequence of JSON', 'application/json-seq', '\u001e{"a":1}\n'],
    ['text with a byte-order mark', 'text/plain; charset=utf8', '\uFEFFa'],
  ])('gets a response that a response policy can read: %s', async (_what, type, body) => {
    const path = routes.add((_request, response) => {
      response.writeHead(200, { 'content-type': type, 'content-encoding': 'identity' }).end(body);
    });
    const response = await send(gateway.port, { path: `/api/seen${path}` });
    expect([response.status, response.text]).toEqual([200, body]);
  });

  it.each([
    [301, { location: 'http://elsewhere.example/x?y' }],
    [304, { etag: '"1"' }],
    [204, { 'x-up': '1' }],
    [404, { 'content-length': '0' }],
    [503, { 'retry-after': '0', 'content-length': '0' }],
  ])('gets a %i unchanged, after one request to the upstream', async (status, headers) => {
    let requestCount = 0;
    const path = routes.add((_request, response) => {
      requestCount++;
      response.writeHead(status, headers).end();
    });
    const response = await send(gateway.port, { path: `/api/up${path}` });
    expect(response).toMatchObject({ status, text: '', headers });
    expect(requestCount).toBe(1);
  });

  it('gets the length, and no body, for HEAD', async () => {
    const path = routes.add((_request, response) => response.setHeader('content-length', '1234').end());
    const response = await send(gateway.port, { path: `/api/up${path}`, method: 'HEAD' });
    expect(response).toMatchObject({ status: 200, text: '', headers: { 'content-length': '1234' } });
  });

  it('gets no length for HEAD where a response policy could have masked the body', async () => {
    const bodyHeaders = { etag: '"of-the-body"', digest: 'x', 'content-md5': 'x', 'repr-digest': 'x' };
    const sent = {
      ...bodyHeaders,
      'content-type': 'application/json',
      'content-length': '1234',
      'x-up': 'yes',
    };
    const path = routes.add((_request, response) => response.writeHead(200, sent).end());
    const direct = await send(gateway.port, { path: `/api/up${path}`, method: 'HEAD' });
    expect(direct.headers).toMatchObject(sent);
    const { status, headers } = await send(gateway.port, { path: `/api/masked${path}`, method: 'HEAD' });
    expect([status, headers['x-up']]).toEqual([200, 'yes']);
    for (const name of [...Object.keys(bodyHeaders), 'content-length'])
      expect(headers).not.toHaveProperty(name);
  });

  it.each(['up', 'masked', 'seen'])('gets 502 for a status that HTTP does not define: %s', async (entry) => {
    const closed: Promise<unknown>[] = [];
    const path = routes.add((_request, response) => {
      closed.push(once(response, 'close'));
      response.writeHead(600, { 'x-secret': '1', 'set-cookie': 'a=b' }).write('secret');
    });
    const response = await send(gateway.port, { path: `/api/${entry}${path}` });
    expect(response.status).toBe(502);
    expect(response.text).not.toContain('secret');
    for (const name of ['x-secret', 'set-cookie']) expect(response.headers).not.toHaveProperty(name);
    // The gateway takes no more of it.
    await expect(Promise.all(closed)).resolves.toHaveLength(1);
  });

  it('gets the response of the upstream to OPTIONS', async () => {
    const path = routes.add((_request, response) => response.setHeader('allow', 'GET').end());
    const response = await send(gateway.port, { path: `/api/up${path}`, method: 'OPTIONS' });
    expect(response).toMatchObject({ status: 200, headers: { allow: 'GET' } });
  });

  it('gets a response as the upstream streams it', async () => {
    let finish: () => void = () => undefined;
    const path = routes.add((_request, response) => {
      response.write('first');
      finish = () => response.end(', last');
    });
    const message = await open(gateway.port, { path: `/api/up${path}` });
    let text = '';
    for await (const chunk of message) {
      text += String(chunk);
      if (text === 'first') finish();
    }
    expect(text).toBe('first, last');
  });

  it('goes away, and the upstream notices', async () => {
    let disconnected: () => void = () => undefined;
    const noticed = new Promise<void>((resolve) => (disconnected = resolve));
    let arrived: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => (arrived = resolve));
    const path = routes.add((_request, response) => {
      response.on('close', () => disconnected());
      arrived();
    });
    const client = request({ host: '127.0.0.1', port: gateway.port, path: `/api/up${path}` });
    client.on('error', () => undefined).end();
    await waiting;
    client.destroy();
    await expect(noticed).resolves.toBeUndefined();
  });
});

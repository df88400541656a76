import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaModule, OpaService } from 'nestjs-opa';
import type { OpaServer } from 'nestjs-opa/testing';
import { startOpa } from 'nestjs-opa/testing';
import { opaBinary } from '../engines/support/opa.js';
import type { TestServer } from '../support.js';
import { httpServer, tcpServer } from '../support.js';

let app: INestApplicationContext | undefined;
let server: TestServer | undefined;

async function service(options: OpaModuleOptions): Promise<OpaService> {
  const module = { module: class App {}, imports: [OpaModule.forRoot({ policy: 'a/b', ...options })] };
  app = await NestFactory.createApplicationContext(module, { logger: false });
  return app.get(OpaService);
}

afterEach(async () => {
  await app?.close();
  await server?.close();
  app = undefined;
  server = undefined;
});

const raw = (text: string | Buffer) => (): Promise<TestServer> =>
  tcpServer((socket) => socket.once('data', () => socket.end(text)));
const http =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}) =>
  (): Promise<TestServer> =>
    httpServer((_request, response) => response.writeHead(status, headers).end(body));
const ok = (body: string) => http(200, body, { 'content-type': 'application/json' });

describe('a response of OPA', () => {
  it.each([
    ['true', ok('{"result":true}'), { outcome: 'allow', allowed: true }],
    ['false', ok('{"result":false}'), { outcome: 'deny', allowed: false }],
    ['undefined', ok('{}'), { outcome: 'undefined', allowed: false }],
    ['with its id', ok('{"result":true,"decision_id":"d1"}'), { outcome: 'allow', id: 'd1' }],
    [
      'an object',
      ok('{"result":{"allow":true,"headers":{"X-A":"1"}}}'),
      { outcome: 'allow', headers: { 'x-a': '1' } },
    ],
    ['gzip', http(200, gzipSync('{"result":true}'), { 'content-encoding': 'gzip' }), { outcome: 'allow' }],
  ])('becomes a decision: %s', async (_name, start, expected) => {
    server = await start();
    const opa = await service({ url: server.url });
    await expect(opa.decide({ input: {} })).resolves.toMatchObject(expected);
  });

  it.each([
    ['text', ok('{"result":"true"}'), 'OPA_BAD_DECISION'],
    ['0', ok('{"result":0}'), 'OPA_BAD_DECISION'],
    ['empty text', ok('{"result":""}'), 'OPA_BAD_DECISION'],
    ['{}', ok('{"result":{}}'), 'OPA_BAD_DECISION'],
    ['null', ok('{"result":null}'), 'OPA_BAD_DECISION'],
    ['HTML', ok('<html></html>'), 'OPA_BAD_ANSWER'],
    ['nothing', ok(''), 'OPA_BAD_ANSWER'],
    ['a list', ok('[true]'), 'OPA_BAD_ANSWER'],
    ['a bare true', ok('true'), 'OPA_BAD_ANSWER'],
    ['a JSON text of JSON', ok(JSON.stringify('{"result":true}')), 'OPA_BAD_ANSWER'],
    ['10 MB', ok(`{"result":"${'x'.repeat(10_000_000)}"}`), 'OPA_BAD_ANSWER'],
    ['broken gzip', http(200, 'nonsense', { 'content-encoding': 'gzip' }), 'OPA_BAD_ANSWER'],
    ['another coding', http(200, '{"result":true}', { 'content-encoding': 'br' }), 'OPA_BAD_ANSWER'],
    ['201', http(201, '{"result":true}'), 'OPA_BAD_ANSWER'],
    ['204', http(204, ''), 'OPA_BAD_ANSWER'],
    ['302', http(302, '{"result":true}', { location: '/elsewhere' }), 'OPA_BAD_ANSWER'],
    ['307', http(307, '{"result":true}', { location: '/elsewhere' }), 'OPA_BAD_ANSWER'],
    ['400', http(400, '{"code":"invalid_parameter","message":"no"}'), 'OPA_BAD_ANSWER'],
    ['401', http(401, ''), 'OPA_UNAUTHORIZED'],
    ['403', http(403, ''), 'OPA_UNAUTHORIZED'],
    ['404', http(404, ''), 'OPA_BAD_ANSWER'],
    ['429', http(429, '', { 'retry-after': '2' }), 'OPA_OVERLOADED'],
    ['500', http(500, '{"code":"internal_error","message":"conflict"}'), 'OPA_POLICY_ERROR'],
    ['502', http(502, ''), 'OPA_UNREACHABLE'],
    ['503', http(503, ''), 'OPA_UNREACHABLE'],
    ['504', http(504, ''), 'OPA_UNREACHABLE'],
    ['not HTTP', raw('SSH-2.0-OpenSSH\r\n'), 'OPA_BAD_ANSWER'],
    ['reset before the answer', raw(''), 'OPA_UNREACHABLE'],
    ['truncated', raw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"result":true}'), 'OPA_UNREACHABLE'],
    [
      'shorter than it is',
      raw('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"result":true}'),
      'OPA_BAD_ANSWER',
    ],
  ])('becomes an error: %s', async (_name, start, code) => {
    server = await start();
    // Fail-open must not follow but for an OPA that isn't there.
    const opa = await service({ url: server.url, retry: false });
    await expect(opa.decide({ input: {} })).rejects.toMatchObject({ name: 'OpaError', code });
    expect(opa.stats().decisions).toMatchObject({ allow: 0, error: 1 });
    expect(server.opened()).toBe(1);
  });

  it('leads to fail-open only when OPA is unreachable or late', async () => {
    server = await httpServer((request, response) => {
      response.statusCode = request.url === '/v1/data/open' ? 503 : 401;
      response.end();
    });
    const opa = await service({ url: server.url, onUnavailable: 'allow' });
    await expect(opa.decide({ policy: 'open', input: {} })).resolves.toMatchObject({
      outcome: 'unavailable',
      allowed: true,
      degraded: 'fail-open',
    });
    await expect(opa.decide({ policy: 'shut', input: {} })).rejects.toMatchObject({
      code: 'OPA_UNAUTHORIZED',
    });
  });

  it('is missing when the connection is refused: OPA is unreachable', async () => {
    const closedServer = await httpServer(() => undefined);
    await closedServer.close();
    const opa = await service({ url: closedServer.url });
    await expect(opa.decide({ input: {} })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
  });

  it.each([
    ['BigInt', 1n],
    ['NaN', { n: Number.NaN }],
    ['a hole', [undefined]],
    ['a Map', { m: new Map([[1, 2]]) }],
    ['a symbol', Symbol('s')],
  ])('is not requested for an input that JSON would change: %s', async (_name, input) => {
    server = await httpServer((_request, response) => response.end('{"result":true}'));
    const opa = await service({ url: server.url });
    await expect(opa.decide({ input })).rejects.toMatchObject({ code: 'OPA_BAD_INPUT' });
    expect(server.opened()).toBe(0);
  });
});

describe('the error for status 500', () => {
  const input = { ok: true, secret: 'HUSH' };
  let real: OpaServer;
  beforeAll(async () => {
    const rego = `package a
      rule := input.secret if input.ok
      rule := 2 if input.ok
      object[k] := v if { some k in ["x"]; some v in [input.secret, 1] }
      f(x) := x
      f(x) := 1 if is_string(x)
      function := f(input.secret)
      name[input.secret] := 1 if input.ok
      name[input.secret] := 2 if input.ok`;
    real = await startOpa({ rego, binary: await opaBinary() });
  });
  afterAll(() => real.stop());

  it.each([
    ['rule', 'eval_conflict_error (rule data.a.rule produced conflicting values) at '],
    ['object', 'eval_conflict_error (object keys must be unique) at '],
    [
      'function',
      'eval_conflict_error (function data.a.f produced conflicting values for the same inputs) at ',
    ],
    ['name', 'eval_conflict_error ('],
  ])('names what failed and where, and nothing of the input: a conflict of a %s', async (name, expected) => {
    const opa = await service({ url: real.url });
    const error: unknown = await opa
      .decide({ policy: `a/${name}`, input })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'OPA_POLICY_ERROR', message: expect.stringContaining(expected) });
    expect((error as Error).message).toMatch(/\.rego:\d+\.$/);
    expect(inspect(error, { depth: 10 })).not.toContain('HUSH');
  });

  it.each([
    ['to_number: strconv.ParseFloat: parsing "HUSH": invalid syntax', 'eval_builtin_error (to_number) at '],
    ["object.get 'HUSH'", 'eval_builtin_error (object.get) at '],
    ['conflict\nHUSH', 'eval_builtin_error (conflict) at '],
    [`${'x'.repeat(1_000)}HUSH`, 'eval_builtin_error (xxx'],
  ])('names the failure: %j', async (message, expected) => {
    const errors = [{ code: 'eval_builtin_error', message, location: { file: 'a.rego', row: 7 } }];
    const body = { code: 'internal_error', message: 'error(s) occurred: HUSH', errors };
    server = await http(500, JSON.stringify(body))();
    const opa = await service({ url: server.url });
    const error: unknown = await opa.decide({ input }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: expect.stringContaining(`error(s) occurred, ${expected}`) });
    expect(inspect(error, { depth: 10 })).not.toContain('HUSH');
  });
});

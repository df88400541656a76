import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { OpaServer } from 'nestjs-opa/testing';
import { startOpa } from 'nestjs-opa/testing';
import { opaBinary } from '../engines/support/opa.js';
import type { TestServer } from '../support.js';
import { httpServer } from '../support.js';
import { ADAPTERS } from '../support/app.js';

const run = promisify(execFile);
const script = join(import.meta.dirname, 'fixtures', 'traced-app.mjs');
/** OPA exports its spans after 5 s by default. */
const BATCHES = { 'batch_span_processor_options.batch_timeout_ms': 50 };
const CALLER = 'b7ad6b7169203331';

interface Printed {
  readonly status: number;
  readonly spans: readonly Readonly<
    Record<'name' | 'kind' | 'traceId' | 'spanId' | 'parentId' | 'decisionId', string>
  >[];
}

/** The spans that OPA exports, as OTLP: names and ids are plain bytes of the message. */
const exported = new EventEmitter<{ spans: [Buffer] }>();
let collector: TestServer;
let opa: OpaServer;

beforeAll(async () => {
  collector = await httpServer((request, response) => {
    void buffer(request).then((body) => {
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      if (body.includes('/v1/data')) exported.emit('spans', body);
    });
  });
  const settings = { type: 'http', address: new URL(collector.url).host, ...BATCHES };
  opa = await startOpa({
    binary: await opaBinary(),
    rego: 'package orders\n\nallow := true\n',
    args: Object.entries(settings).flatMap(([key, value]) => [
      '--set',
      `distributed_tracing.${key}=${value}`,
    ]),
  });
});
afterAll(async () => {
  await opa.stop();
  await collector.close();
});

describe('one trace from the client to OPA, beside the instrumentation of node:http', () => {
  it.each(ADAPTERS.map((adapter, index) => [adapter, `${index + 1}`.repeat(32)] as const))(
    'on %s',
    async (adapter, traceId) => {
      const spansOfOpa = once(exported, 'spans') as Promise<[Buffer]>;
      const traceparent = `00-${traceId}-${CALLER}-01`;
      const { stdout } = await run(process.execPath, [script, adapter, opa.url, traceparent]);
      const { status, spans } = JSON.parse(stdout) as Printed;
      expect(status).toBe(200);
      const [request, decision, server, ...others] = spans;
      expect(others).toEqual([]);
      expect([server, decision, request]).toMatchObject([
        { kind: 'SERVER', traceId, parentId: CALLER },
        { kind: 'INTERNAL', traceId, name: 'opa.decide', parentId: server?.spanId },
        { kind: 'CLIENT', traceId, name: 'POST', parentId: decision?.spanId },
      ]);
      const [bytes] = await spansOfOpa;
      for (const id of [traceId, request?.spanId ?? ''])
        expect(bytes.includes(Buffer.from(id, 'hex'))).toBe(true);
    },
  );
});

it('the instrumentation of node:http sends the headers of a request to OPA as they are', async () => {
  const received: IncomingHttpHeaders[] = [];
  const stub = await httpServer((request, response) => {
    received.push(request.headers);
    response.end('{"result":true}');
  });
  await run(process.execPath, [script, 'express', stub.url, `00-${'3'.repeat(32)}-${CALLER}-01`]);
  await stub.close();
  expect(received.map((headers) => Object.keys(headers).sort())).toEqual([
    ['accept', 'authorization', 'connection', 'content-length', 'content-type', 'host', 'traceparent'],
  ]);
  expect(received[0]?.authorization).toBe('Bearer secret');
});

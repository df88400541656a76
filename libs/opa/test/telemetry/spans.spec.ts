import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { INestApplication } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { tracingChannel } from 'node:diagnostics_channel';
import type { IncomingHttpHeaders } from 'node:http';
import type { OpaDecisionEvent, OpaModuleOptions } from 'nestjs-opa';
import { onOpaDecision, OpaModule, OpaService } from 'nestjs-opa';
import { OpaTelemetryModule } from 'nestjs-opa/telemetry';
import { engine, OrdersController } from '../observability/orders.app.js';
import type { TestServer } from '../support.js';
import { httpServer } from '../support.js';
import type { Adapter } from '../support/app.js';
import { ADAPTERS, newAdapter } from '../support/app.js';
import type { TestSdk } from './support.js';
import { idsOf, startSdk } from './support.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const CALLER_HEADERS = {
  traceparent: `00-${TRACE_ID}-${CALLER}-01`,
  tracestate: 'vendor=1',
  baggage: 'tenant=blue',
};

let app: INestApplication | undefined;
let opa: TestServer | undefined;
let sdk: TestSdk;
let received: IncomingHttpHeaders[];

async function start(options: OpaModuleOptions, adapter: Adapter = 'express'): Promise<string> {
  const module = await Test.createTestingModule({
    imports: [OpaModule.forRoot({ audit: false, ...options }), OpaTelemetryModule.forRoot(sdk)],
    controllers: [OrdersController],
  }).compile();
  app = module.createNestApplication(newAdapter(adapter), { logger: false });
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

async function startOpa(status = 200, body: object = { result: true }): Promise<string> {
  opa = await httpServer((request, response) => {
    received.push(request.headers);
    response.writeHead(status).end(JSON.stringify(body));
  });
  return opa.url;
}

const decide = async (policy = 'p'): Promise<unknown> =>
  app?.get(OpaService).decide({ policy, input: { subject: { id: 'ann' } } });

beforeEach(() => {
  Logger.overrideLogger(false);
  received = [];
  sdk = startSdk();
});
afterEach(async () => {
  await app?.close();
  await opa?.close();
  app = opa = undefined;
  await sdk.close();
});

describe('the span of a decision', () => {
  it.each([
    ['an allow', 'allowed/7', {}, { outcome: 'allow', enforced: 'pass' }, undefined],
    ['a denial', 'denied', {}, { outcome: 'deny', enforced: 'stop' }, undefined],
    ['an undefined policy', 'undefined', {}, { outcome: 'undefined', enforced: 'stop' }, undefined],
    ['a failure', 'failed', {}, { outcome: 'error', enforced: 'stop' }, 'OPA_UNREACHABLE'],
    [
      'fail-open',
      'failed',
      { onUnavailable: 'allow' },
      { outcome: 'unavailable', enforced: 'pass', degraded: 'fail-open' },
      'OPA_UNREACHABLE',
    ],
  ] as const)('describes %s', async (_name, path, options, expected, errorType) => {
    const url = await start({ engine: engine(), ...options });
    await fetch(`${url}/orders/${path}`);
    const [span, ...others] = sdk.spans('opa.decide');
    expect(others).toEqual([]);
    expect(span?.kind).toBe(SpanKind.INTERNAL);
    expect(span?.status.code).toBe(errorType === undefined ? SpanStatusCode.UNSET : SpanStatusCode.ERROR);
    const { outcome, enforced, ...rest } = expected;
    expect(span?.attributes).toEqual({
      'opa.decision_id': expect.stringMatching(/^[\da-f-]{36}$/),
      'opa.policy.path': { 'allowed/7': 'allow', denied: 'deny', undefined: 'missing', failed: 'failing' }[
        path
      ],
      'opa.decision.outcome': outcome,
      'opa.decision.enforced': enforced,
      'opa.decision.cached': false,
      'opa.engine': outcome === 'unavailable' ? expect.any(String) : 'test',
      ...('degraded' in rest && { 'opa.decision.degraded': rest.degraded }),
      ...(errorType !== undefined && { 'error.type': errorType }),
    });
  });

  it('has no policy path for a handler without a policy', async () => {
    const url = await start({ engine: engine() });
    expect((await fetch(`${url}/orders/unguarded`)).status).toBe(403);
    expect(sdk.spans('opa.decide')[0]?.attributes).not.toHaveProperty('opa.policy.path');
  });

  it('is the span that the decision event names', async () => {
    await start({ engine: engine() });
    const events: OpaDecisionEvent[] = [];
    const stop = onOpaDecision((event) => events.push(event));
    await decide('allow');
    stop();
    const { traceId, spanId } = sdk.spans('opa.decide')[0]?.spanContext() ?? {};
    expect(events.map((event) => [event.traceId, event.spanId])).toEqual([[traceId, spanId]]);
  });

  it('is a child of the active span', async () => {
    await start({ engine: engine() });
    const parent = sdk.tracerProvider.getTracer('test').startSpan('parent');
    await context.with(trace.setSpan(context.active(), parent), () => decide('allow'));
    expect(idsOf(sdk.spans('opa.decide')[0])).toMatchObject({
      traceId: parent.spanContext().traceId,
      parentId: parent.spanContext().spanId,
    });
  });

  it('is made until the application has stopped', async () => {
    const { start: decisions } = tracingChannel('opa.decision');
    expect(decisions.hasSubscribers).toBe(false);
    await start({ engine: engine() });
    expect(decisions.hasSubscribers).toBe(true);
    await app?.close();
    expect(decisions.hasSubscribers).toBe(false);
  });
});

describe.each(ADAPTERS)('the span of a request to OPA on %s', (adapter) => {
  it('is a child of the decision, which is a child of the caller; OPA gets its context', async () => {
    const url = await start({ url: await startOpa() }, adapter);
    expect((await fetch(`${url}/orders/allowed/7`, { headers: CALLER_HEADERS })).status).toBe(200);
    const [decision] = sdk.spans('opa.decide');
    const [request, ...others] = sdk.spans('POST');
    expect(others).toEqual([]);
    expect(idsOf(decision)).toMatchObject({ traceId: TRACE_ID, parentId: CALLER });
    expect(idsOf(request)).toMatchObject({ traceId: TRACE_ID, parentId: decision?.spanContext().spanId });
    expect(received).toMatchObject([
      { ...CALLER_HEADERS, traceparent: `00-${TRACE_ID}-${request?.spanContext().spanId}-01` },
    ]);
  });
});

describe('the span of a request to OPA', () => {
  it('has the attributes of the conventions', async () => {
    const url = new URL(await startOpa());
    await start({ url: url.origin });
    await decide('a/b');
    const [span] = sdk.spans('POST');
    expect(span?.kind).toBe(SpanKind.CLIENT);
    expect(span?.status.code).toBe(SpanStatusCode.UNSET);
    expect(span?.attributes).toEqual({
      'http.request.method': 'POST',
      'url.full': `${url.origin}/v1/data/a/b`,
      'server.address': '127.0.0.1',
      'server.port': Number(url.port),
      'http.response.status_code': 200,
    });
  });

  it('has the status of a response that is an error', async () => {
    await start({ url: await startOpa(500, {}), retry: false });
    await expect(decide()).rejects.toMatchObject({ code: 'OPA_POLICY_ERROR' });
    const [span] = sdk.spans('POST');
    expect(span?.status.code).toBe(SpanStatusCode.ERROR);
    expect(span?.attributes).toMatchObject({ 'http.response.status_code': 500, 'error.type': '500' });
  });

  it('has the error code of a request without a response', async () => {
    await start({ url: await startOpa(), retry: false });
    await opa?.close();
    opa = undefined;
    await expect(decide()).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
    const [span] = sdk.spans('POST');
    expect(span?.attributes).toMatchObject({ 'error.type': 'OPA_UNREACHABLE' });
    expect(span?.attributes).not.toHaveProperty(['http.response.status_code']);
  });

  it('belongs to the active span when the application itself asks OPA', async () => {
    await start({ url: await startOpa() });
    await app?.get(OpaService).evaluate({ policy: 'p', input: {} });
    expect(sdk.spans('opa.decide')).toEqual([]);
    expect(sdk.spans('POST')).toHaveLength(1);
  });
});

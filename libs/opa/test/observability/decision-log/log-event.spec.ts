import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { OpaDecisionEvent } from 'nestjs-opa';
import { onOpaDecision, OpaModule, OpaService } from 'nestjs-opa';
import type { OpaServer } from 'nestjs-opa/testing';
import { startOpa, TestEngine } from 'nestjs-opa/testing';
import { LogEventWriter } from '../../../src/observability/decision-log/log-event.js';
import { eventually } from '../../support/eventually.js';
import type { LogEntry, LogService } from './opa-log.js';
import { startLogService } from './opa-log.js';

const REGO = `package orders

allow := {"allow": input.ok, "reasons": ["owner"]}

missing if input.never

failing := x if { x := f(input.ok) }
f(x) := 1 if x
f(x) := 2 if x
`;

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const ORIGIN = {
  point: 'guard',
  kind: 'http',
  route: 'GET /orders/:id',
  requestId: 'r-1',
  traceHeaders: { traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01` },
} as const;

const write = (event: OpaDecisionEvent): LogEntry =>
  JSON.parse(new LogEventWriter({ id: 'process-1', version: '1.2.3' }).write(event)) as LogEntry;

/** Makes one decision, and gives what the log says about the decision. */
async function logged(app: INestApplicationContext, policy: string, input: unknown): Promise<LogEntry> {
  let entry: LogEntry | undefined;
  const stop = onOpaDecision((event) => (entry = write(event)));
  await app
    .get(OpaService)
    .decide({ policy, input, origin: ORIGIN })
    .catch(() => undefined);
  stop();
  if (entry === undefined) throw new Error('The decision was not published.');
  return entry;
}

const start = (options: object): Promise<INestApplicationContext> =>
  Test.createTestingModule({ imports: [OpaModule.forRoot({ audit: false, ...options })] })
    .compile()
    .then((module) => module.init());

const apps: INestApplicationContext[] = [];
let service: LogService;
let opa: OpaServer;

beforeAll(async () => {
  Logger.overrideLogger(false);
  service = await startLogService();
  opa = await startOpa({ rego: REGO, args: service.args });
  apps.push(await start({ url: opa.url }));
});

afterAll(async () => {
  for (const app of apps) await app.close();
  await opa.stop();
  await service.close();
});

describe('a logged event, compared with the event of OPA for the same decision', () => {
  it.each([
    ['an allow', 'orders/allow', { ok: true, n: 1.5, text: 'ü\u2028"' }],
    ['a denial', 'orders/allow', { ok: false }],
    ['an undefined policy', 'orders/missing', { ok: true, list: [] }],
    ['a policy that fails', 'orders/failing', { ok: true, deep: { a: [null] } }],
  ])('has the same fields for %s', async (_name, policy, input) => {
    const [app] = apps;
    const ours = app && (await logged(app, policy, input));
    const sameDecision = ({ path, input: theirInput }: LogEntry): boolean =>
      path === policy && JSON.stringify(theirInput) === JSON.stringify(sorted(input));
    await eventually(() => Promise.resolve(service.entries.some(sameDecision)), true);
    const theirs = service.entries.find(sameDecision) ?? {};
    const { custom, ...fields } = ours ?? {};
    expect(custom).toMatchObject({ route: ORIGIN.route });
    expect(Object.keys(fields).sort()).toEqual(Object.keys(theirs).sort());
    for (const key of ['path', 'input', 'result', 'trace_id']) expect(fields[key]).toEqual(theirs[key]);
    expect(Object.entries(fields).map(typeName)).toEqual(
      expect.arrayContaining(Object.entries(theirs).map(typeName)),
    );
    // OPA's answer to a policy that fails has no decision id.
    if (theirs['error'] === undefined) expect(fields['decision_id']).toBe(theirs['decision_id']);
    expect(theirs['timestamp']).toMatch(TIMESTAMP);
    expect(fields['timestamp']).toMatch(TIMESTAMP);
    expect(Object.keys(theirs['metrics'] as object)).toContain('timer_server_handler_ns');
    expect(Object.keys(fields['metrics'] as object)).toContain('timer_server_handler_ns');
  });
});

// Go leaves out zeros at the end of the fraction.
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z$/;

const typeName = ([key, value]: [string, unknown]): string => `${key}: ${typeof value}`;

// OPA's log has the keys of an object in the order of their names.
const sorted = (input: object): object => Object.fromEntries(Object.entries(input).sort());

describe('a logged event', () => {
  it('says what OPA has no fields for under "custom"', async () => {
    const app = await start({ engine: new TestEngine({ p: { allow: false, reason: 'closed' } }) });
    apps.push(app);
    const entry = await logged(app, 'p', { subject: 'ann' });
    expect(entry).toMatchObject({
      labels: { id: 'process-1', version: '1.2.3' },
      path: 'p',
      requested_by: 'guard',
      req_id: 1,
      span_id: 'b7ad6b7169203331',
      custom: {
        outcome: 'deny',
        enforced: 'stop',
        engine: 'test',
        cached: false,
        phase: 'request',
        reasons: ['closed'],
        kind: 'http',
        route: 'GET /orders/:id',
        request_id: 'r-1',
      },
    });
  });

  it('has the input as the engine got it, although the application changed the input later', async () => {
    const app = await start({ engine: new TestEngine({ p: true }) });
    apps.push(app);
    let serialized = 0;
    const date = { toJSON: () => `call ${(serialized += 1)}` };
    const input: Record<string, unknown> = { date };
    const stop = onOpaDecision((event) => {
      input['later'] = true;
      const before = serialized;
      const text = new LogEventWriter({ id: 'i', version: 'v' }).write(event);
      expect(text).toContain(`"input":${event.inputJson}`);
      expect(text).not.toContain('later');
      expect(serialized).toBe(before);
    });
    await app.get(OpaService).decide({ policy: 'p', input });
    stop();
    expect.assertions(3);
  });

  it('is written although JSON cannot hold the result', async () => {
    const app = await start({ engine: new TestEngine({ p: () => ({ allow: true, size: 1n }) }) });
    apps.push(app);
    const entry = await logged(app, 'p', {});
    expect(entry).not.toHaveProperty('result');
    expect(entry['custom']).toMatchObject({
      outcome: 'allow',
      result_error: expect.stringMatching(/BigInt/),
    });
  });

  it('names the revision of the bundle', () => {
    const event = { timestamp: 0, durationMs: 1.5, engine: 'embedded', revision: 'r7', reasons: [] };
    const entry = write(event as unknown as OpaDecisionEvent);
    expect(entry).toMatchObject({
      bundles: { embedded: { revision: 'r7' } },
      timestamp: '1970-01-01T00:00:00.000000000Z',
      metrics: { timer_server_handler_ns: 1_500_000 },
    });
  });
});

import { afterEach, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaError, OpaModule, OpaService } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { CODES, FAILURES } from './codes.js';
import { DETAIL, failedLog, TIMEOUT, TIMEOUT_LOG, UNKNOWN } from './failures.js';
import type { ContextDriver, HandlerName, RunningContext, CallResult } from './driver.js';
import { order } from './driver.js';
import { LoggingEngine } from './support/logging-engine.js';
import { expectLogs } from '../../../../test/support/logs.js';

/**
 * What holds on every kind of context: the body of a `describe`.
 *
 * @param driver - the row of the suite
 */
export function testContext(driver: ContextDriver): void {
  let engine: TestEngine;
  let running: RunningContext;
  let called: HandlerName[];
  let onCalled: () => void;
  const codes = CODES[driver.column];

  const start = async (options: OpaModuleOptions = {}): Promise<void> => {
    called = [];
    onCalled = () => undefined;
    // Closed with its application, an engine is of no use to another.
    engine = new LoggingEngine({ 'orders/read': true, 'orders/view': true, 'orders/remove': true });
    const all = { engine, ...options };
    const onCall = (name: HandlerName): void => {
      called.push(name);
      onCalled();
    };
    running = await driver.start(OpaModule.forRoot(all), onCall, all);
  };
  /** Expects errors in the log. An application in a process of its own logs there. */
  const expectErrors = (...texts: string[]): void => {
    if (driver.isOwnProcess !== true) expectLogs(...texts);
  };
  const errorOf = (result: CallResult): Extract<CallResult, { error: unknown }>['error'] => {
    if ('error' in result) return result.error;
    throw new Error(`the call was allowed: ${JSON.stringify(result)}`);
  };

  afterEach(() => running.close());

  it('passes an allowed call after one query, with the input that the contract defines', async () => {
    await start();
    expect(await running.call('read', '7')).toEqual({ result: order('7') });
    expect(called).toEqual(['read']);
    const [request, response] = engine.questions;
    expect(request).toMatchObject({ policy: 'orders/read', input: driver.input });
    expect(response).toMatchObject({ policy: 'orders/view', input: driver.input });
    expect((response?.input as { response: { body: unknown } }).response.body).toEqual(order('7'));
    expect(engine.questions).toHaveLength(2);
  });

  it('refuses a denied call with its reasons and decision id, and does not run the handler', async () => {
    await start();
    engine.answer('orders/remove', { allow: false, reasons: ['not yours'] });
    const error = errorOf(await running.call('remove', '7'));
    expect(error.code).toBe(codes.deny);
    expect(error.message).toContain('Forbidden by policy');
    expect([error.reasons, error.decisionId]).toEqual([['not yours'], 'd-1']);
    expect(called).toEqual([]);
  });

  it('refuses a call whose policy is undefined, and one without a policy', async () => {
    await start();
    engine.answer('orders/remove', undefined);
    for (const name of ['remove', 'unnamed'] as const) {
      expect(errorOf(await running.call(name, '7')).code).toBe(codes.deny);
    }
    expect(called).toEqual([]);
  });

  it.each(FAILURES)('refuses a call after %s, and names only the kind of failure', async (code, kind) => {
    expectErrors(`[OpaEnforcement] ${code}: ${DETAIL}`);
    await start();
    engine.answer('orders/remove', new OpaError(code, DETAIL, { cause: new Error(DETAIL) }));
    const error = errorOf(await running.call('remove', '7'));
    expect(error.code).toBe(codes[kind]);
    expect([error.reasons, error.decisionId]).toEqual([undefined, undefined]);
    expect(JSON.stringify(error)).not.toContain(DETAIL);
    expect(called).toEqual([]);
  });

  it('evaluates no query for an input above its size limit, and blames the client only for its own request', async () => {
    await start({ input: { maxBytes: 20 }, onUnavailable: 'allow' });
    expect(errorOf(await running.call('remove', '7')).code).toBe(codes.TOO_LARGE);
    expect(called).toEqual([]);
    expect(engine.questions).toEqual([]);
    await running.close();
    expectErrors('[OpaEnforcement] OPA_BAD_INPUT: The input of the policy "orders/view" has ');
    await start({ input: { maxResponseBytes: 20 }, onUnavailable: 'allow' });
    const error = errorOf(await running.call('read', '7'));
    expect(error.code).toBe(codes.FAILED);
    expect(JSON.stringify(error)).not.toMatch(/ann@example/);
    expect(engine.questions.map(({ policy }) => policy)).toEqual(['orders/read']);
  });

  it('evaluates no query for a public handler', async () => {
    await start();
    expect(await running.call('open', '7')).toEqual({ result: 'open' });
    expect(engine.questions).toEqual([]);
  });

  it('passes a handler without a policy where the options allow that', async () => {
    await start({ unguarded: 'allow' });
    expect(await running.call('unnamed', '7')).toEqual({ result: 'unnamed' });
    expect(engine.questions).toEqual([]);
  });

  it('evaluates the default policy for a handler without a policy', async () => {
    await start({ policy: 'orders/any' });
    expect(errorOf(await running.call('unnamed', '7')).code).toBe(codes.deny);
    engine.answer('orders/any', true);
    expect(await running.call('unnamed', '7')).toEqual({ result: 'unnamed' });
    expect(engine.questions.map(({ policy }) => policy)).toEqual(['orders/any', 'orders/any']);
  });

  it('evaluates no query when the module is disabled', async () => {
    await start({ mode: 'disabled' });
    expect(await running.call('read', '7')).toEqual({ result: order('7') });
    expect(engine.questions).toEqual([]);
  });

  it('builds the input in the other shapes; "envoy" exists for HTTP only', async () => {
    const isHttp = driver.column === 'http';
    const { subject, action, resource } = driver.input as Record<string, object>;
    await start({ input: { shape: 'authzen' } });
    await running.call('read', '7');
    expect(engine.questions[0]?.input).toMatchObject({
      subject,
      action,
      resource: isHttp ? { type: 'route', id: '/orders/read/{id}' } : resource,
    });
    expect(engine.questions[0]?.input).not.toHaveProperty('request');
    await running.close();
    await start({ input: { shape: 'contextforge' } });
    await running.call('read', '7');
    expect(engine.questions).toMatchObject([
      {
        input: {
          user: 'anonymous',
          mode: 'input',
          payload: isHttp ? { method: 'GET' } : driver.input['request'],
        },
      },
      { input: { user: 'anonymous', mode: 'output', response: { body: order('7') } } },
    ]);
    await running.close();
    if (!isHttp)
      expectErrors('[OpaEnforcement] OPA_BAD_INPUT: The input shape "envoy" describes HTTP requests');
    await start({ input: { shape: 'envoy' } });
    const result = await running.call('remove', '7');
    expect(isHttp ? result : errorOf(result).code).toEqual(isHttp ? { result: order('7') } : codes.BAD_INPUT);
  });

  it('applies the masks of the response policy', async () => {
    await start();
    engine.answer('orders/view', {
      allow: true,
      obligations: [
        { type: 'mask', properties: { path: '/email' } },
        { type: 'remove', properties: { path: '/lines/0' } },
      ],
    });
    expect(await running.call('read', '7')).toEqual({
      result: { id: '7', email: '***', lines: [{ sku: 'b' }] },
    });
  });

  it('applies the masks of the request policy', async () => {
    await start();
    engine.answer('orders/remove', {
      allow: true,
      obligations: [{ type: 'mask', properties: { path: '/lines/*/sku', value: '?' } }],
    });
    expect(await running.call('remove', '7')).toMatchObject({
      result: { lines: [{ sku: '?' }, { sku: '?' }] },
    });
  });

  it('denies an obligation that it cannot carry out: a header without a response, an unknown type', async () => {
    const hasHeaders = driver.column === 'http' || driver.column === 'graphql';
    const types = hasHeaders ? ['notarize'] : ['notarize', 'header'];
    expectErrors(...types.map((type) => failedLog(type, 'orders/remove')));
    await start();
    const header = { type: 'header', properties: { name: 'x-a', value: '1' } };
    engine.answer('orders/remove', { allow: true, obligations: [header] });
    const result = await running.call('remove', '7');
    if (hasHeaders) expect(result).toEqual({ result: order('7') });
    else expect(errorOf(result).code).toBe(codes.deny);
    engine.answer('orders/remove', UNKNOWN);
    expect(errorOf(await running.call('remove', '7')).code).toBe(codes.deny);
    expect(called).toEqual(hasHeaders ? ['remove'] : []);
  });

  it.each(['permit', 'denial'])('requests a step-up on a %s', async (decision) => {
    await start();
    engine.answer('orders/remove', {
      allow: decision === 'permit',
      obligations: [{ type: 'step-up', properties: { acr_values: 'gold' } }],
    });
    const error = errorOf(await running.call('remove', '7'));
    expect(error.code).toBe(driver.column === 'http' ? 401 : codes.deny);
    if (driver.column !== 'http')
      expect(error.reasons).toEqual(['error="insufficient_user_authentication", acr_values="gold"']);
    expect(called).toEqual([]);
  });

  it.each([
    ['denied', false, 'deny', []],
    ['undefined', undefined, 'deny', []],
    ['undecided', TIMEOUT, 'LATE', [TIMEOUT_LOG]],
    ['allowed with an unknown obligation', UNKNOWN, 'deny', [failedLog('notarize', 'orders/view')]],
  ] as const)('does not send a result that is %s', async (_name, answer, kind, logs) => {
    expectErrors(...logs);
    await start();
    engine.answer('orders/view', answer);
    const error = errorOf(await running.call('read', '7'));
    expect(error.code).toBe(codes[kind]);
    expect(JSON.stringify(error)).not.toMatch(/ann@example|s3cret/);
  });

  it.each([
    ['denied', false],
    ['undefined', undefined],
    ['undecided', new OpaError('OPA_POLICY_ERROR', DETAIL)],
  ])('passes in permissive mode, of module or handler, a call that is %s', async (_name, answer) => {
    await start({ mode: 'permissive' });
    engine.answer('orders/remove', answer);
    expect(await running.call('remove', '7')).toEqual({ result: order('7') });
    await running.close();
    await start();
    engine.answer('orders/shadow', answer);
    expect(await running.call('shadow', '7')).toEqual({ result: order('7') });
    expect(called).toEqual(['shadow']);
    expect(engine.questions.map(({ policy }) => policy)).toEqual(['orders/shadow']);
  });

  it('fails open in an outage where the options allow that, and never on an overload', async () => {
    expectErrors(`[OpaEnforcement] OPA_OVERLOADED: ${DETAIL}`);
    await start({ onUnavailable: 'allow' });
    engine.answer('orders/remove', new OpaError('OPA_UNREACHABLE', DETAIL));
    expect(await running.call('remove', '7')).toEqual({ result: order('7') });
    engine.answer('orders/remove', new OpaError('OPA_OVERLOADED', DETAIL));
    expect(errorOf(await running.call('remove', '7')).code).toBe(codes.UNAVAILABLE);
    expect(called).toEqual(['remove']);
  });

  if (driver.isOwnProcess !== true) {
    it('evaluates a second query when the subject has changed between two guards', async () => {
      const user = { id: 'ann', meetings: 0 };
      await start({ input: { subject: () => Object.assign(user, { meetings: user.meetings + 1 }) } });
      engine.answer('orders/remove', ({ subject }: { subject: typeof user }) => subject.meetings === 1);
      expect(errorOf(await running.call('remove', '7')).code).toBe(codes.deny);
      expect(engine.questions).toHaveLength(2);
      expect(called).toEqual([]);
    });

    it('shows the response policy the input that was decided', async () => {
      const user = { id: 'ann', role: 'clerk' };
      await start({ input: { subject: () => user } });
      onCalled = () => Object.assign(user, { role: 'admin' });
      engine.answer('orders/view', ({ subject }: { subject: typeof user }) => subject.role === 'clerk');
      expect(await running.call('read', '7')).toEqual({ result: order('7') });
    });

    it.each([
      ['denied', { allow: false, reasons: ['not yours'] }, 'deny', ['not yours'], []],
      ['undefined', undefined, 'deny', undefined, []],
      ['allowed with an obligation', UNKNOWN, 'deny', undefined, ['allows with obligations ("notarize")']],
      ['undecided', TIMEOUT, 'LATE', undefined, [`[OpaService] OPA_TIMEOUT: ${DETAIL}`, TIMEOUT_LOG]],
    ] as const)(
      'gives an exception of enforce() the form of the context: %s',
      async (_name, answer, kind, reasons, logs) => {
        expectErrors(...logs);
        const module = await Test.createTestingModule({
          imports: [OpaModule.forRoot({ engine: new TestEngine({ 'in/code': answer }) })],
        }).compile();
        const question = { policy: 'in/code', input: {} };
        const exception: unknown = await module
          .get(OpaService)
          .enforce(question)
          .catch((error: unknown) => error);
        await module.close();
        await start();
        onCalled = () => {
          throw exception as Error;
        };
        const error = errorOf(await running.call('remove', '7'));
        expect([error.code, error.reasons]).toEqual([codes[kind], reasons]);
        expect(JSON.stringify(error)).not.toContain(DETAIL);
      },
    );
  }
}

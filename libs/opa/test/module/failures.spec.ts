import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Controller, Get, Logger, UseGuards, UseInterceptors } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaError, OpaGuard, OpaInterceptor, OpaModule, OpaPolicy } from 'nestjs-opa';
import type { OpaServer, TestAnswer } from 'nestjs-opa/testing';
import { startOpa, TestEngine } from 'nestjs-opa/testing';
import { opaBinary } from '../engines/support/opa.js';

@Controller()
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor)
class Orders {
  @Get('before') @OpaPolicy('decided') before() {
    return 'before';
  }
  @Get('after') @OpaPolicy('open', { response: 'decided' }) after() {
    return 'after';
  }
  @Get('rule') @OpaPolicy('decided/rule') rule() {
    return 'rule';
  }
}

const adapters = { express: () => new ExpressAdapter(), fastify: () => new FastifyAdapter() };

interface Refused {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: unknown;
}

describe.each(['express', 'fastify'] as const)('an error response on %s', (adapter) => {
  let app: INestApplication;
  afterEach(() => app.close());

  const refused = async (path: string, options: OpaModuleOptions): Promise<Refused> => {
    const module = await Test.createTestingModule({
      imports: [OpaModule.forRoot({ audit: false, ...options })],
      controllers: [Orders],
    }).compile();
    app = module.createNestApplication(adapters[adapter](), { logger: false });
    await app.listen(0, '127.0.0.1');
    const response = await fetch(`${await app.getUrl()}/${path}`);
    const { status, headers } = response;
    return { status, retryAfter: headers.get('retry-after'), body: await response.json() };
  };
  const failing = (path: string, answer: TestAnswer): Promise<Refused> =>
    refused(path, { engine: new TestEngine({ open: true, decided: answer }) });

  const bodies: Readonly<Record<number, object>> = {
    400: { error: 'Bad Request', message: 'The request could not be evaluated' },
    403: { error: 'Forbidden', message: 'Forbidden by policy' },
    500: { error: 'Internal Server Error', message: 'The request could not be decided' },
    503: { error: 'Service Unavailable', message: 'Authorization is not available' },
    504: { error: 'Gateway Timeout', message: 'Authorization took too long' },
  };

  const rows: [string, TestAnswer, number, string | null][] = [
    ['a denial', false, 403, null],
    ['an undefined policy', undefined, 403, null],
    ['unreachable', new OpaError('OPA_UNREACHABLE', 'at 10.0.0.1'), 503, '1'],
    ['a circuit that is open', new OpaError('OPA_CIRCUIT_OPEN', 'of 10.0.0.1'), 503, '1'],
    ['closed', new OpaError('OPA_CLOSED', 'at 10.0.0.1'), 503, '1'],
    ['overloaded, and for how long', new OpaError('OPA_OVERLOADED', '', { retryAfterMs: 2_500 }), 503, '3'],
    ['overloaded for no time', new OpaError('OPA_OVERLOADED', '', { retryAfterMs: 0 }), 503, '1'],
    ['late', new OpaError('OPA_TIMEOUT', 'at 10.0.0.1'), 504, null],
    ['a bad answer', new OpaError('OPA_BAD_ANSWER', 'of 10.0.0.1'), 500, null],
    ['no decision', { allow: 'yes' }, 500, null],
    ['a policy that fails', new OpaError('OPA_POLICY_ERROR', 'x', { cause: new Error('y') }), 500, null],
    ['a refused credential', new OpaError('OPA_UNAUTHORIZED', 'x', { status: 401 }), 500, null],
    ['a bad input', new OpaError('OPA_BAD_INPUT', 'x'), 500, null],
    ["the client's bad input", new OpaError('OPA_BAD_INPUT', 'x', { clientFault: true }), 400, null],
    ['an engine that throws', new TypeError('10.0.0.1'), 500, null],
  ];

  it.each(rows)(
    'shows only the kind of failure, before the handler and after it: %s',
    async (_name, answer, status, retryAfter) => {
      const expected = { status, retryAfter, body: { statusCode: status, ...bodies[status] } };
      for (const path of ['before', 'after']) {
        expect(await failing(path, answer)).toEqual(expected);
        await app.close();
      }
    },
  );

  it.each([
    ['is an error of the application', new OpaError('OPA_BAD_INPUT', 'x'), 'error'],
    ['of a client alone is none', new OpaError('OPA_BAD_INPUT', 'x', { clientFault: true }), 'debug'],
    ['that nobody waits for is silent', new OpaError('OPA_ABORTED', 'x'), undefined],
  ] as const)('logs %s', async (_what, answer, level) => {
    const logs = ['error', 'debug'] as const;
    const spies = logs.map((name) => jest.spyOn(Logger.prototype, name).mockImplementation(() => undefined));
    await failing('before', answer);
    const lines = spies.map((spy) => spy.mock.calls.map(String).filter((line) => line.startsWith('OPA_')));
    for (const spy of spies) spy.mockRestore();
    expect(lines).toEqual(
      logs.map((name) =>
        name === level ? [expect.stringMatching(/: x Policy: [\w/]+\. Handler: \w+\.\w+\./)] : [],
      ),
    );
  });

  it('has the framing headers of the server, whatever headers the policy sets', async () => {
    const headers = { 'content-length': '3', 'transfer-encoding': 'chunked' };
    const denial = { allow: false, headers, body: '{"a":1}' };
    expect(await failing('before', denial)).toEqual({ status: 403, retryAfter: null, body: { a: 1 } });
  });

  describe('from an OPA that logs its decisions', () => {
    let opa: OpaServer;
    beforeAll(async () => {
      const rego = 'package decided\n\nrule := {"allow": false, "reason": "closed"}';
      const args = ['--set', 'decision_logs.console=true'];
      opa = await startOpa({ rego, args, binary: await opaBinary() });
    });
    afterAll(() => opa.stop());

    it('has the reasons of the policy and the decision id', async () => {
      const { body } = await refused('rule', { url: opa.url });
      expect(body).toEqual({
        statusCode: 403,
        ...bodies[403],
        reasons: ['closed'],
        decisionId: expect.stringMatching(/^[\da-f-]{36}$/),
      });
    });
  });
});

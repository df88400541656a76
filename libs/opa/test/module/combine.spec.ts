import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Controller, Get, Headers, UseGuards, UseInterceptors } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { Decision, OpaModuleOptions, OpaPolicyOptions } from 'nestjs-opa';
import {
  OpaDecision,
  OpaError,
  OpaGuard,
  OpaInterceptor,
  OpaModule,
  OpaObligation,
  OpaPolicy,
  OpaPublic,
  OpaService,
} from 'nestjs-opa';
import type { TestAnswer } from 'nestjs-opa/testing';
import { TestEngine } from 'nestjs-opa/testing';

interface Answered {
  readonly decision: Partial<Decision>;
  readonly headers: Record<string, string>;
}
const answered = (decision: Decision, headers: Record<string, string>): Answered => ({ decision, headers });

@Controller()
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor)
@OpaPolicy(['a', 'b'])
class Both {
  @Get('all') all(@OpaDecision() decision: Decision, @Headers() headers: Record<string, string>) {
    return answered(decision, headers);
  }
  @Get('any') @OpaPolicy(['a', 'b'], { combine: 'any' }) any(
    @OpaDecision() decision: Decision,
    @Headers() headers: Record<string, string>,
  ) {
    return answered(decision, headers);
  }
  @Get('inherits') @OpaPolicy('own', { inherit: true }) inherits() {
    return 'ok';
  }
  @Get('replaces') @OpaPolicy('own') replaces() {
    return 'ok';
  }
  @Get('open') @OpaPublic() open() {
    return 'ok';
  }
  @Get('shadow') @OpaPolicy(['a', 'b'], { mode: 'permissive' }) shadow(@OpaDecision() decision: Decision) {
    return { degraded: decision.degraded };
  }
  @Get('shadow-any') @OpaPolicy(['a', 'b'], { combine: 'any', mode: 'permissive' }) shadowAny(
    @OpaDecision() decision: Decision,
  ) {
    return { policy: decision.policy, email: 'ann@example.test' };
  }
}

@Controller('class')
@UseGuards(OpaGuard)
@OpaPolicy(['a', 'b'], { combine: 'any', timeout: 500 })
class AnyOfClass {
  @Get() get() {
    return 'ok';
  }
  @Get('inherits') @OpaPolicy('own', { inherit: true }) inherits() {
    return 'ok';
  }
}

@Controller('alone')
@UseGuards(OpaGuard)
class Alone {
  @Get() @OpaPolicy('own', { inherit: true }) get() {
    return 'ok';
  }
}

const logged: unknown[] = [];

@OpaObligation('log')
class LogObligation {
  handle({ properties }: { properties: Record<string, unknown> }): void {
    logged.push(properties['n']);
  }
}

const unreachable = new OpaError('OPA_UNREACHABLE', 'gone');
const late = new OpaError('OPA_TIMEOUT', 'late');
const log = (n: number): object => ({ type: 'log', properties: { n } });

describe('several policies on a handler', () => {
  let app: INestApplication;
  let engine: TestEngine;
  let url: string;

  const start = async (
    policies: Record<string, TestAnswer>,
    options: OpaModuleOptions = {},
  ): Promise<void> => {
    logged.length = 0;
    engine = new TestEngine(policies);
    const module = await Test.createTestingModule({
      imports: [OpaModule.forRoot({ engine, policy: 'default', ...options })],
      controllers: [Both, AnyOfClass, Alone],
      providers: [LogObligation],
    }).compile();
    app = module.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  };
  const get = (path: string): Promise<Response> => fetch(`${url}/${path}`);
  const evaluated = (): string[] => engine.questions.map(({ policy }) => policy);

  afterEach(() => app.close());

  it.each([
    ['all', true, true, 200],
    ['all', true, false, 403],
    ['all', false, true, 403],
    ['all', true, undefined, 403],
    ['all', true, unreachable, 503],
    ['all', unreachable, false, 403],
    ['all', unreachable, late, 503],
    ['all', true, 'yes', 500],
    ['any', true, true, 200],
    ['any', false, true, 200],
    ['any', true, undefined, 200],
    ['any', false, false, 403],
    ['any', false, undefined, 403],
    ['any', true, unreachable, 200],
    ['any', unreachable, true, 200],
    ['any', false, unreachable, 503],
    ['any', late, false, 504],
    ['any', 'yes', true, 200],
  ])('combine as %s: %j and %j give %d', async (how, a, b, status) => {
    await start({ a, b });
    expect((await get(how)).status).toBe(status);
    expect(evaluated().sort()).toEqual(['a', 'b']);
    const [first, second] = engine.questions;
    expect(second?.input).toEqual(first?.input);
  });

  it('deny with the reasons of all denials, the status and headers of the first, and all obligations', async () => {
    await start({
      a: { allow: false, reasons: ['r1'], http_status: 429, headers: { 'x-a': '1' }, obligations: [log(1)] },
      b: { allow: false, reason: 'r2', http_status: 451, obligations: [log(2)] },
    });
    for (const how of ['all', 'any']) {
      const response = await get(how);
      expect([response.status, response.headers.get('x-a')]).toEqual([429, '1']);
      expect(await response.json()).toMatchObject({ reasons: ['r1', 'r2'] });
    }
    expect(logged).toEqual([1, 2, 1, 2]);
  });

  it('combined by all: ignore the parts of an allow beside a denial', async () => {
    await start({
      a: { allow: true, obligations: [log(1)], reasons: ['fine'], headers: { 'x-a': '1' } },
      b: { allow: false, obligations: [log(2)] },
    });
    const response = await get('all');
    expect(await response.json()).not.toHaveProperty('reasons');
    expect(response.headers.has('x-a')).toBe(false);
    expect(logged).toEqual([2]);
  });

  it('combined by all: merge all allows into one decision', async () => {
    await start({
      a: {
        allow: true,
        reasons: ['r1'],
        headers: { 'x-a': '1', 'x-both': 'a' },
        response_headers_to_add: { 'x-out': 'a' },
        request_headers_to_remove: ['accept-language'],
        obligations: [log(1)],
      },
      b: { allow: true, reasons: ['r2'], headers: { 'x-both': 'b' }, obligations: [log(2)] },
    });
    const response = await get('all');
    const { decision, headers } = (await response.json()) as Answered;
    expect(decision).toMatchObject({
      outcome: 'allow',
      allowed: true,
      policy: 'a & b',
      engine: 'test',
      reasons: ['r1', 'r2'],
    });
    expect(decision.result).toHaveLength(2);
    expect(headers).toMatchObject({ 'x-a': '1', 'x-both': 'b' });
    expect(headers).not.toHaveProperty('accept-language');
    expect(response.headers.get('x-out')).toBe('a');
    expect(logged).toEqual([1, 2]);
  });

  it('combined by any: use the first allow completely, and nothing of the others', async () => {
    await start({
      a: { allow: false, headers: { 'x-a': '1' }, obligations: [log(1)] },
      b: { allow: true, headers: { 'x-b': '1' }, obligations: [log(2)] },
    });
    const { decision, headers } = (await (await get('any')).json()) as Answered;
    expect(decision).toMatchObject({ policy: 'b', outcome: 'allow' });
    expect(headers).toMatchObject({ 'x-b': '1' });
    expect(headers).not.toHaveProperty('x-a');
    expect(logged).toEqual([2]);
  });

  it('of a handler replace those of its class, or extend them with inherit', async () => {
    await start({ a: true, b: true, own: true, default: true });
    const paths: [string, string[]][] = [
      ['replaces', ['own']],
      ['inherits', ['a', 'b', 'own']],
      ['open', []],
      ['alone', ['own']],
    ];
    for (const [path, policies] of paths) {
      engine.questions.length = 0;
      expect((await get(path)).status).toBe(200);
      expect(evaluated()).toEqual(policies);
    }
    for (const denied of ['a', 'b', 'own']) {
      engine.answer(denied, false);
      expect((await get('inherits')).status).toBe(403);
      engine.answer(denied, true);
    }
  });

  it("of a handler that inherits from a class with any: the handler's own policy must allow", async () => {
    await start({ a: false, b: true, own: false });
    expect((await get('class')).status).toBe(200);
    expect((await get('class/inherits')).status).toBe(403);
    engine.answer('own', true);
    expect((await get('class/inherits')).status).toBe(200);
    engine.answer('b', false);
    expect((await get('class/inherits')).status).toBe(403);
  });

  it('in permissive mode: pass the request and report each policy that would have denied', async () => {
    await start({ a: true, b: { allow: false, reasons: ['r'] } });
    expect(await (await get('shadow')).json()).toEqual({ degraded: 'permissive' });
    expect(app.get(OpaService).permissiveReport()).toMatchObject([
      { policy: 'b', outcome: 'deny', reasons: ['r'] },
    ]);
  });

  it('in permissive mode combined by any: prefer a real allow to a permissive one', async () => {
    const mask = { type: 'mask', properties: { path: '/email' } };
    await start({ a: false, b: { allow: true, obligations: [mask] } });
    expect(await (await get('shadow-any')).json()).toEqual({ policy: 'b', email: '***' });
  });

  it.each([
    ['stop', 403],
    ['pass', 200],
  ])(
    'combined by all: enforce a failing obligation when one decision says "%s"',
    async (enforced, status) => {
      await start({});
      const obligations = [{ type: 'no provider', properties: {} }];
      jest.spyOn(app.get(OpaService), 'decide').mockImplementation((query) =>
        Promise.resolve({
          allowed: true,
          reasons: [],
          obligations: query.policy === 'b' ? obligations : [],
          enforced: query.policy === 'b' ? enforced : 'pass',
        } as unknown as Decision),
      );
      expect((await get('all')).status).toBe(status);
    },
  );

  it('fail open only where no policy denies', async () => {
    await start({ a: unreachable, b: true }, { onUnavailable: 'allow' });
    expect(await (await get('all')).json()).toMatchObject({
      decision: { outcome: 'unavailable', allowed: true, degraded: 'fail-open' },
    });
    engine.answer('b', false);
    expect((await get('all')).status).toBe(403);
  });

  it.each([
    ['no policies', [], {}],
    ['a bad path', ['a', '../b'], {}],
  ] as [string, string[], OpaPolicyOptions][])('refuse %s', async (_name, policies, options) => {
    await start({});
    expect(() => OpaPolicy(policies, options)).toThrow(expect.objectContaining({ code: 'OPA_BAD_OPTIONS' }));
  });
});

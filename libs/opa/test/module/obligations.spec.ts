import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { INestApplication, LoggerService, Provider } from '@nestjs/common';
import { Controller, Get, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { Obligation, OpaModuleOptions, OpaObligationHandler, OpaObligationScene } from 'nestjs-opa';
import { OpaGuard, OpaInterceptor, OpaModule, OpaObligation, OpaPolicy, OpaService } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';

const rows = (): object => ({
  id: 1,
  email: 'ann@example.test',
  items: ['a', 'b', 'c', 'd'].map((sku) => ({ sku, price: 1, lots: [{ n: 1 }, { n: 2 }, { n: 3 }] })),
});

const done: { obligation: Obligation; allowed: boolean; handler: string }[] = [];

@OpaObligation('log')
class LogObligation implements OpaObligationHandler {
  async handle(obligation: Obligation, { decision, context }: OpaObligationScene): Promise<void> {
    await Promise.resolve();
    done.push({ obligation, allowed: decision.allowed, handler: context.getHandler().name });
  }
}

@OpaObligation('fails')
class FailingObligation implements OpaObligationHandler {
  handle(): void {
    throw new Error('the audit log is full');
  }
}

@Controller('plain')
@UseGuards(OpaGuard)
@OpaPolicy('request')
class Plain {
  static calls = 0;

  @Get('read') read() {
    Plain.calls += 1;
    return rows();
  }
  @Get('permissive') @OpaPolicy('request', { mode: 'permissive' }) permissive() {
    return rows();
  }
}

@Controller('edited')
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor, OpaInterceptor)
@OpaPolicy('request')
class Edited {
  @Get('read') read() {
    return rows();
  }
  @Get('text') text() {
    return 'ann@example.test';
  }
  @Get('taken') taken(@Res() reply: { send(body: object): void }) {
    reply.send(rows());
  }
  @Get('both') @OpaPolicy('request', { response: 'response' }) both() {
    return rows();
  }
  @Get('response') @OpaPolicy('open', { response: 'response' }) response() {
    return rows();
  }
}

const adapters = { express: () => new ExpressAdapter(), fastify: () => new FastifyAdapter() };
const mask = (path: string): object => ({ type: 'mask', properties: { path } });
const remove = (...paths: string[]): object => ({ type: 'remove', properties: { paths } });
const stepUp = (properties: object): object => ({ type: 'step-up', properties });
const skus = (body: unknown): string[] => (body as { items: { sku: string }[] }).items.map(({ sku }) => sku);

describe.each(['express', 'fastify'] as const)('obligations on %s', (adapter) => {
  let app: INestApplication | undefined;
  let logged: string[] = [];
  let engine: TestEngine;

  const start = async (providers: Provider[] = [], options: OpaModuleOptions = {}): Promise<void> => {
    logged = [];
    done.length = 0;
    Plain.calls = 0;
    const note = (message: unknown): void => void logged.push(String(message));
    const logger: LoggerService = { log: () => undefined, warn: note, error: note };
    const module = await Test.createTestingModule({
      imports: [OpaModule.forRoot({ engine, ...options })],
      controllers: [Plain, Edited],
      providers: [LogObligation, FailingObligation, ...providers],
    }).compile();
    app = module.createNestApplication(adapters[adapter](), { logger });
    await app.listen(0, '127.0.0.1');
  };
  const get = async (path: string): Promise<Response> => fetch(`${await app?.getUrl()}/${path}`);
  const permit = (policy: string, ...obligations: unknown[]): unknown =>
    engine.answer(policy, { allow: true, obligations });

  beforeEach(() => {
    engine = new TestEngine({ open: true });
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  it('run registered handlers on permits, before the handler, and on denials', async () => {
    await start();
    const log = { id: 'o1', type: 'log', properties: { level: 'info' } };
    engine.answer('request', { decision: true, context: { obligations: [log] } });
    expect((await get('plain/read')).status).toBe(200);
    engine.answer('request', { allow: false, reasons: ['no'], obligations: [log] });
    expect((await get('plain/read')).status).toBe(403);
    expect(done).toEqual([
      { obligation: log, allowed: true, handler: 'read' },
      { obligation: log, allowed: false, handler: 'read' },
    ]);
  });

  it('run for the response decision too, from both lists of a document', async () => {
    await start();
    const [first, two] = [{ type: 'log', properties: { n: 1 } }, { type: 'log' }];
    engine.answer('response', { allow: true, obligations: [first], context: { obligations: [two] } });
    expect((await get('edited/response')).status).toBe(200);
    expect(done.map(({ obligation }) => obligation.properties)).toEqual([{ n: 1 }, {}]);
    engine.answer('response', {
      allow: false,
      obligations: [first, { type: 'header', properties: { name: 'x-a', value: '1' } }],
    });
    const denied = await get('edited/response');
    expect([denied.status, denied.headers.get('x-a'), done.length]).toEqual([403, '1', 3]);
  });

  const cases: [string, unknown, string][] = [
    ['unknown', { type: 'notarize' }, '"notarize"'],
    ['malformed: no type', { properties: {} }, 'no string "type"'],
    ['malformed: properties', { type: 'log', properties: 'x' }, '"log"'],
    ['malformed: not an object', 'log', 'malformed'],
    ['failing', { type: 'fails' }, '"fails" of the policy "'],
    ['a malformed mask', mask('x'), 'JSON Pointer'],
    ['a mask without a path', { type: 'mask' }, '"path"'],
    ['a malformed header', { type: 'header', properties: { name: 'a b', value: '1' } }, '"header"'],
    ['a malformed step-up', stepUp({ max_age: -1 }), '"step-up"'],
    ['a step-up with a malformed scope', stepUp({ scopes: ['a b'] }), '"scopes"'],
  ];

  it.each(cases)(
    'deny a permit, and do not change a denial, when they fail: %s',
    async (_name, obligation, log) => {
      await start();
      const header = { type: 'header', properties: { name: 'x-a', value: '1' } };
      for (const [policy, path] of [
        ['request', 'edited/read'],
        ['response', 'edited/response'],
      ] as const) {
        for (const allow of [true, false]) {
          logged = [];
          done.length = 0;
          engine.answer(policy, { allow, obligations: [obligation, { type: 'log' }, header] });
          const response = await get(path);
          expect(response.status).toBe(403);
          expect(await response.text()).not.toMatch(/ann@|audit log/);
          expect(response.headers.get('x-a')).toBe('1');
          expect(done).toHaveLength(1);
          expect(logged.join('\n')).toContain(log);
          expect(logged.join('\n')).toContain(`policy "${policy}"`);
        }
      }
    },
  );

  it('set and remove response headers at once', async () => {
    await start();
    permit(
      'request',
      { type: 'header', properties: { name: 'X-Set', value: 'yes' } },
      { type: 'header', properties: { name: 'x-powered-by' } },
    );
    const response = await get('plain/read');
    expect([response.status, response.headers.get('x-set')]).toEqual([200, 'yes']);
    expect(response.headers.has('x-powered-by')).toBe(false);
  });

  it.each(['permit', 'denial'])('request a step-up on a %s', async (kind) => {
    await start();
    const properties = {
      acr_values: ['loa2', 'loa3'],
      max_age: 5,
      scope: 'orders:write',
      error_description: 'Sign "in" \\ again',
    };
    engine.answer('request', {
      allow: kind === 'permit',
      headers: { 'x-secret': '1' },
      obligations: [stepUp(properties)],
    });
    const response = await get('plain/read');
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_user_authentication", error_description="Sign \\"in\\" \\\\ again", ' +
        'acr_values="loa2 loa3", max_age="5", scope="orders:write"',
    );
    expect(response.headers.has('x-secret')).toBe(kind === 'denial');
    expect(await response.json()).toMatchObject({ statusCode: 401, error: 'Unauthorized' });
    expect(Plain.calls).toBe(0);
  });

  it.each([
    ['scope as a text', { scope: 'orders:write orders:read' }, 'orders:write orders:read'],
    ['scopes as a list', { scopes: ['orders:write', 'orders:read'] }, 'orders:write orders:read'],
    ['both', { scope: 'orders:write', scopes: ['orders:write', 'profile'] }, 'orders:write profile'],
  ])('name the scopes of a step-up: %s', async (_name, properties, scopes) => {
    await start();
    permit('request', stepUp(properties));
    const response = await get('plain/read');
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer error="insufficient_user_authentication", scope="${scopes}"`,
    ]);
  });

  it('cannot inject headers through a step-up', async () => {
    await start();
    permit('request', stepUp({ error_description: 'a\r\nset-cookie: b=1' }));
    const response = await get('plain/read');
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([403, null]);
    expect(response.headers.has('set-cookie')).toBe(false);
  });

  it('of the request decision mask in the interceptor, once for each row', async () => {
    await start();
    permit('request', mask('/email'), remove('/items/0', '/items/2'));
    const body = await (await get('edited/read')).json();
    expect(body).toMatchObject({ email: '***' });
    expect(skus(body)).toEqual(['b', 'd']);
  });

  it('of the request decision are added to those of the response decision, which sees the unmasked result', async () => {
    await start();
    permit('request', remove('/items/1'));
    permit('response', remove('/items/2'), mask('/email'));
    const body = await (await get('edited/both')).json();
    expect(skus(body)).toEqual(['a', 'd']);
    expect(body).toMatchObject({ email: '***' });
    expect(engine.questions.at(-1)?.input).toMatchObject({ response: { body: rows() } });
  });

  it('that mask are denied when no interceptor would carry them out', async () => {
    await start();
    permit('request', mask('/email'));
    for (const path of ['plain/read', 'edited/taken']) {
      const response = await get(path);
      expect(response.status).toBe(403);
      expect(await response.text()).not.toContain('ann@');
    }
    expect(logged.join('\n')).toContain('allows Plain.read only with a mask');
    expect(Plain.calls).toBe(0);
    expect((await get('edited/text')).status).toBe(500);
  });

  it('find OpaInterceptor among the global interceptors', async () => {
    await start([{ provide: APP_INTERCEPTOR, useExisting: OpaInterceptor }]);
    permit('request', mask('/email'));
    expect(await (await get('plain/read')).json()).toMatchObject({ email: '***' });
    expect((await get('edited/taken')).status).toBe(403);
  });

  it('in permissive mode pass and report what a failing obligation would have denied', async () => {
    await start();
    permit('request', { type: 'notarize' }, { type: 'log' });
    expect((await get('plain/permissive')).status).toBe(200);
    expect(done).toHaveLength(1);
    expect(app?.get(OpaService).permissiveReport()).toMatchObject([{ policy: 'request', outcome: 'deny' }]);
    expect((await get('plain/read')).status).toBe(403);
  });
});

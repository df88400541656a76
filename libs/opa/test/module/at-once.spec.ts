import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { CanActivate, ExecutionContext, INestApplication } from '@nestjs/common';
import { Controller, Get, Headers, Inject, Injectable, UseGuards, UseInterceptors } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Decision, OpaModuleOptions } from 'nestjs-opa';
import {
  OpaDecision,
  OpaGuard,
  OpaInput,
  OpaInterceptor,
  OpaModule,
  OpaPolicy,
  OpaService,
} from 'nestjs-opa';
import { buildBundle } from '../engines/support/opa.js';

const POLICY = `package p

allow := true
deny := {"allow": false, "reasons": ["no"], "headers": {"x-why": "p"}, "http_status": 451}
absent if false
headers := {"allow": true, "headers": {"x-by": "p"}}
masked := {"allow": true, "obligations": [{"type": "mask", "properties": {"path": "/email"}}]}
text := "yes"
failing := 1 if input.action
failing := 2 if input.action
`;

/** Asks the guard twice: what the first call says is not what counts. */
@Injectable()
class Twice implements CanActivate {
  constructor(@Inject(OpaGuard) private readonly guard: OpaGuard) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    await Promise.resolve(this.guard.canActivate(context)).catch(() => undefined);
    return this.guard.canActivate(context);
  }
}

@Controller()
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor)
class Routes {
  @Get('allow') @OpaPolicy('p/allow') allow(@OpaDecision() { cached, engine }: Decision) {
    return { cached, engine };
  }
  @Get('deny') @OpaPolicy('p/deny') deny() {
    return 'not to be seen';
  }
  @Get('absent') @OpaPolicy('p/absent') absent() {
    return 'not to be seen';
  }
  @Get('headers') @OpaPolicy('p/headers') headers(@Headers('x-by') by: string) {
    return { by };
  }
  @Get('masked') @OpaPolicy('p/masked') masked() {
    return { email: 'ann@example.test', id: 1 };
  }
  @Get('text') @OpaPolicy('p/text') text() {
    return 'not to be seen';
  }
  @Get('failing') @OpaPolicy('p/failing') failing() {
    return 'not to be seen';
  }
  @Get('unfaithful') @OpaPolicy('p/allow') @OpaInput(() => ({ amount: NaN })) unfaithful() {
    return 'not to be seen';
  }
  @Get('shadow') @OpaPolicy('p/deny', { mode: 'permissive' }) shadow(@OpaDecision() { degraded }: Decision) {
    return { degraded };
  }
  @Get('shadow-unfaithful')
  @OpaPolicy('p/allow', { mode: 'permissive' })
  @OpaInput(() => ({ amount: NaN }))
  shadowUnfaithful(@OpaDecision() decision: unknown) {
    return { decided: decision !== undefined };
  }
  @Get('both') @OpaPolicy(['p/allow', 'p/deny']) both() {
    return 'not to be seen';
  }
}

@Controller('twice')
@UseGuards(Twice, OpaGuard)
class TwiceGuarded {
  @Get('allow') @OpaPolicy('p/allow') allow() {
    return 'ok';
  }
  @Get('deny') @OpaPolicy('p/deny') deny() {
    return 'not to be seen';
  }
}

let bundle: string;
let app: INestApplication | undefined;
beforeAll(async () => {
  const entrypoints = [...POLICY.matchAll(/^(\w+) /gm)].map(([, rule]) => `p/${rule}`).slice(1);
  bundle = await buildBundle(POLICY, ...new Set(entrypoints));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await app?.close();
});

async function start(options: Partial<OpaModuleOptions>): Promise<OpaService> {
  const module = await Test.createTestingModule({
    imports: [OpaModule.forRoot({ audit: false, bundle, ...options })],
    controllers: [Routes, TwiceGuarded],
    providers: [Twice],
  }).compile();
  app = module.createNestApplication(new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  return app.get(OpaService);
}

async function get(path: string): Promise<{ status: number; body: unknown; why: string | null }> {
  const { port } = (app?.getHttpServer() as Server).address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/${path}`, { headers: { connection: 'close' } });
  return { status: answer.status, body: await answer.json(), why: answer.headers.get('x-why') };
}

const cache = { max: 100, allowTtl: 60_000, denyTtl: 60_000 };

describe.each([
  ['the embedded engine', {}, false],
  ['a cache hit', { cache }, true],
] as const)('decisions of a synchronous engine, by %s', (_name, options, cached) => {
  /** The second of two equal requests: with a cache it is a hit. */
  async function again(path: string): Promise<Awaited<ReturnType<typeof get>>> {
    await get(path);
    return get(path);
  }

  it('pass an allow without a promise', async () => {
    const opa = await start(options);
    const canActivate = jest.spyOn(OpaGuard.prototype, 'canActivate');
    expect(await again('allow')).toMatchObject({ status: 200, body: { cached, engine: 'embedded' } });
    expect(canActivate.mock.results.at(-1)?.value).toBe(true);
    expect(opa.stats()).toMatchObject({ decisions: { allow: 2, error: 0 }, cacheHits: cached ? 1 : 0 });
  });

  it.each([
    ['deny', 451, { reasons: ['no'] }, 'p', { deny: 2 }],
    ['absent', 403, { message: 'Forbidden by policy' }, null, { undefined: 2 }],
    ['text', 500, { message: 'The request could not be decided' }, null, { error: 2 }],
    ['failing', 500, { message: 'The request could not be decided' }, null, { error: 2 }],
    ['unfaithful', 500, { message: 'The request could not be decided' }, null, { error: 2 }],
    ['both', 451, { reasons: ['no'] }, 'p', { allow: 2, deny: 2 }],
  ])('refuse %s by a rejection, with all of its parts', async (path, status, body, why, decisions) => {
    const opa = await start(options);
    const canActivate = jest.spyOn(OpaGuard.prototype, 'canActivate');
    expect(await again(path)).toMatchObject({ status, body, why });
    await expect(canActivate.mock.results.at(-1)?.value).rejects.toMatchObject({ status });
    expect(opa.stats().decisions).toMatchObject(decisions);
  });

  it('carry out the headers and obligations of an allow', async () => {
    await start(options);
    expect(await again('headers')).toMatchObject({ status: 200, body: { by: 'p' } });
    expect(await again('masked')).toMatchObject({ status: 200, body: { email: '***', id: 1 } });
  });

  it('mark and report a denial in permissive mode', async () => {
    const opa = await start(options);
    expect(await again('shadow')).toMatchObject({ status: 200, body: { degraded: 'permissive' } });
    expect(opa.stats().decisions).toMatchObject({ deny: 2, degraded: 2 });
    expect(opa.permissiveReport()).toMatchObject([{ policy: 'p/deny', outcome: 'deny', count: 2 }]);
  });

  it('run a permissive handler whose input has no JSON', async () => {
    const opa = await start(options);
    expect(await again('shadow-unfaithful')).toMatchObject({ status: 200, body: { decided: true } });
    expect(opa.permissiveReport()).toMatchObject([{ outcome: 'OPA_BAD_INPUT', count: 2 }]);
  });

  it.each([
    ['allow', 200, { allow: 1 }],
    ['deny', 451, { deny: 1 }],
  ])('are evaluated once for a request where several guards run: %s', async (path, status, decisions) => {
    const opa = await start(options);
    const { port } = (app?.getHttpServer() as Server).address() as AddressInfo;
    expect((await fetch(`http://127.0.0.1:${port}/twice/${path}`)).status).toBe(status);
    expect(opa.stats().decisions).toMatchObject({ allow: 0, deny: 0, ...decisions });
  });

  it('wait for a subject that is a promise', async () => {
    const subject = async (): Promise<object> => Promise.resolve({ id: 'ann' });
    const opa = await start({ ...options, input: { subject } });
    const decide = jest.spyOn(opa, 'decide');
    expect(await again('allow')).toMatchObject({ status: 200, body: { cached } });
    expect(decide.mock.lastCall).toMatchObject([{ policy: 'p/allow', input: { subject: { id: 'ann' } } }]);
  });

  it('call the public method of the service when a test has replaced it', async () => {
    const opa = await start(options);
    const denied = { ...(await opa.decide({ policy: 'p/allow', input: {} })), allowed: false };
    const decide = jest.spyOn(opa, 'decide').mockResolvedValue(denied);
    expect((await get('allow')).status).toBe(403);
    expect(decide).toHaveBeenCalledTimes(1);
  });
});

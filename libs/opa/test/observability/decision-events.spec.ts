import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import {
  Controller,
  Get,
  Injectable,
  Logger,
  NotFoundException,
  Scope,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { OpaDecisionEvent, OpaModuleOptions } from 'nestjs-opa';
import {
  getOpaToken,
  InjectOpa,
  OnOpaDecision,
  onOpaDecision,
  OpaError,
  OpaGuard,
  OpaInput,
  OpaInterceptor,
  OpaModule,
  OpaPolicy,
  OpaPublic,
  OpaService,
} from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { ADAPTERS, newAdapter } from '../support/app.js';
import type { Adapter } from '../support/app.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const TRACEPARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;

@Injectable()
class Listener {
  readonly events: OpaDecisionEvent[] = [];

  @OnOpaDecision()
  onDecision(event: OpaDecisionEvent): void {
    this.events.push(event);
  }
}

@Controller('orders')
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor)
class OrdersController {
  constructor(@InjectOpa() private readonly opa: OpaService) {}

  @Get('allowed/:id')
  @OpaPolicy('allow')
  allowed(): string {
    return 'ok';
  }

  @Get('denied')
  @OpaPolicy('deny')
  denied(): void {}

  @Get('undefined')
  @OpaPolicy('missing')
  missing(): void {}

  @Get('failed')
  @OpaPolicy('failing')
  failed(): void {}

  @Get('viewed')
  @OpaPolicy('allow', { response: 'view' })
  viewed(): object {
    return { total: 3 };
  }

  @Get('unguarded')
  unguarded(): void {}

  @Get('input')
  @OpaPolicy('allow')
  @OpaInput(() => {
    throw new Error('no input');
  })
  noInput(): void {}

  @Get('not-found')
  @OpaPolicy('allow')
  @OpaInput(() => {
    throw new NotFoundException();
  })
  notFound(): void {}

  @Get('list')
  @OpaPublic()
  list(): Promise<number[]> {
    return this.opa.filter([1, 2], { policy: 'visible', input: { subject: { id: 'ann' } } });
  }

  @Get('code')
  @OpaPublic()
  async code(): Promise<void> {
    await this.opa.enforce({ policy: 'deny', input: { subject: 'ann' } });
  }
}

const HEADER = { type: 'header', properties: { name: 'x-policy', value: '1' } };
const ALLOW = { allow: true, reasons: ['owner'], obligations: [HEADER] };

const engine = (): TestEngine =>
  new TestEngine({
    allow: ALLOW,
    deny: { allow: false, reason: 'closed' },
    failing: new OpaError('OPA_UNREACHABLE', 'OPA is away.'),
    view: true,
    visible: [0],
  });

let app: INestApplication | undefined;

async function start(options: OpaModuleOptions, adapter: Adapter = 'express'): Promise<string> {
  const module = await Test.createTestingModule({
    imports: [OpaModule.forRoot({ audit: false, ...options })],
    controllers: [OrdersController],
    providers: [Listener],
  }).compile();
  app = module.createNestApplication(newAdapter(adapter), { logger: false });
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

const get = (url: string): Promise<Response> =>
  fetch(url, { headers: { traceparent: TRACEPARENT, 'x-request-id': 'r-1' } });

const events = (): readonly OpaDecisionEvent[] => app?.get(Listener).events ?? [];

beforeEach(() => void Logger.overrideLogger(false));
afterEach(async () => app?.close());

interface Case {
  readonly path: string;
  readonly options?: OpaModuleOptions;
  readonly status: number;
  readonly event: Partial<OpaDecisionEvent>;
}

const GUARD = {
  point: 'guard',
  phase: 'request',
  kind: 'http',
  traceId: TRACE_ID,
  requestId: 'r-1',
} as const;
const STOPPED = { enforced: 'stop', cached: false, errorCode: undefined } as const;
const PASSED = { enforced: 'pass', cached: false, errorCode: undefined } as const;

const CASES: Readonly<Record<string, Case>> = {
  'an allow of the guard': {
    path: 'allowed/7',
    status: 200,
    event: {
      ...GUARD,
      ...PASSED,
      policy: 'allow',
      outcome: 'allow',
      engine: 'test',
      reasons: ['owner'],
      route: 'GET /orders/allowed/:id',
      subject: { type: 'anonymous' },
      result: ALLOW,
    },
  },
  'a denial of the guard': {
    path: 'denied',
    status: 403,
    event: { ...GUARD, ...STOPPED, outcome: 'deny', reasons: ['closed'] },
  },
  'an undefined policy': {
    path: 'undefined',
    status: 403,
    event: { ...GUARD, ...STOPPED, outcome: 'undefined', result: undefined },
  },
  'a failed decision': {
    path: 'failed',
    status: 503,
    event: { ...GUARD, ...STOPPED, outcome: 'error', errorCode: 'OPA_UNREACHABLE' },
  },
  'fail-open': {
    path: 'failed',
    options: { onUnavailable: 'allow' },
    status: 200,
    event: {
      ...GUARD,
      enforced: 'pass',
      outcome: 'unavailable',
      degraded: 'fail-open',
      errorCode: 'OPA_UNREACHABLE',
    },
  },
  'a denial in permissive mode': {
    path: 'denied',
    options: { mode: 'permissive' },
    status: 200,
    event: { ...GUARD, ...PASSED, outcome: 'deny', degraded: 'permissive', reasons: ['closed'] },
  },
  'a failure in permissive mode': {
    path: 'failed',
    options: { mode: 'permissive' },
    status: 200,
    event: { ...GUARD, enforced: 'pass', outcome: 'unavailable', degraded: 'permissive' },
  },
  'mode disabled': {
    path: 'denied',
    options: { mode: 'disabled' },
    status: 200,
    event: { ...GUARD, ...PASSED, outcome: 'allow', engine: 'disabled' },
  },
  'a response policy': {
    path: 'viewed',
    status: 200,
    event: {
      ...PASSED,
      point: 'interceptor',
      phase: 'response',
      policy: 'view',
      kind: 'http',
      traceId: TRACE_ID,
    },
  },
  'a handler without a policy': {
    path: 'unguarded',
    status: 403,
    event: {
      ...GUARD,
      ...STOPPED,
      policy: '',
      outcome: 'deny',
      engine: 'guard',
      route: 'GET /orders/unguarded',
    },
  },
  'an input that can not be built': {
    path: 'input',
    status: 500,
    event: { ...GUARD, ...STOPPED, policy: 'allow', outcome: 'error', errorCode: 'OPA_BAD_INPUT' },
  },
  'an input that can not be built, in permissive mode': {
    path: 'input',
    options: { mode: 'permissive' },
    status: 200,
    event: { ...GUARD, enforced: 'pass', outcome: 'unavailable', errorCode: 'OPA_BAD_INPUT' },
  },
  'an input that is too large': {
    path: 'allowed/7',
    options: { input: { maxBytes: 10 } },
    status: 413,
    event: { ...GUARD, ...STOPPED, outcome: 'error', errorCode: 'OPA_BAD_INPUT' },
  },
  'a filtered list': {
    path: 'list',
    status: 200,
    event: {
      ...PASSED,
      point: 'list',
      phase: 'response',
      policy: 'visible',
      subject: { id: 'ann' },
      result: [0],
    },
  },
  'the code of a handler': {
    path: 'code',
    status: 403,
    event: {
      ...STOPPED,
      point: 'code',
      outcome: 'deny',
      subject: { id: 'ann' },
      kind: undefined,
      traceId: undefined,
    },
  },
};

describe('a decision event', () => {
  describe.each(ADAPTERS)('on %s', (adapter) => {
    it.each(Object.entries(CASES))('describes %s', async (_name, { path, options, status, event }) => {
      const url = await start({ engine: engine(), ...options }, adapter);
      expect((await get(`${url}/orders/${path}`)).status).toBe(status);
      const last = events().at(-1);
      expect(events()).toHaveLength(path === 'viewed' ? 2 : 1);
      expect(
        Object.fromEntries(Object.keys(event).map((key) => [key, last?.[key as keyof OpaDecisionEvent]])),
      ).toEqual(
        event.errorCode === undefined && 'errorCode' in event ? { ...event, errorCode: undefined } : event,
      );
      expect(last).toMatchObject({
        isDone: true,
        instance: '',
        decisionId: expect.stringMatching(/^[\da-f-]{36}$/),
      });
      expect(last?.durationMs).toBeGreaterThanOrEqual(0);
    });
  });

  it('comes from no exception of the application', async () => {
    const url = await start({ engine: engine() });
    expect((await get(`${url}/orders/not-found`)).status).toBe(404);
    expect(events()).toEqual([]);
  });

  it('gives the input and the result by reference, and the input as the engine got it', async () => {
    await start({ engine: engine() });
    const input = { subject: { id: 7 } };
    const decision = await app?.get(OpaService).decide({ policy: 'allow', input });
    const [event] = events();
    expect(event?.input).toBe(input);
    expect(event?.result).toBe(decision?.result);
    expect(event?.inputJson).toBe('{"subject":{"id":7}}');
    expect(event?.subject).toEqual({ id: '7' });
  });

  it('tells cached and coalesced decisions', async () => {
    await start({ engine: engine(), cache: { max: 10, allowTtl: 60_000, denyTtl: 60_000 }, coalesce: true });
    const opa = app?.get(OpaService);
    const decide = (): Promise<unknown> =>
      opa?.decide({ policy: 'deny', input: 1 }) ?? Promise.reject(new Error());
    await Promise.all([decide(), decide()]);
    await decide();
    expect(events().map(({ cached, isAsync, outcome }) => [cached, isAsync, outcome])).toEqual([
      [false, true, 'deny'],
      [false, true, 'deny'],
      [true, false, 'deny'],
    ]);
  });

  it('carries the name of the module instance', async () => {
    const module = await Test.createTestingModule({
      imports: [OpaModule.forRoot({ name: 'billing', engine: engine(), audit: false })],
      providers: [Listener, { provide: 'alias', useExisting: Listener }],
    }).compile();
    app = module.createNestApplication({ logger: false });
    await app.init();
    const opa = app.get<OpaService>(getOpaToken('billing'), { strict: false });
    await opa.decide({ policy: 'allow', input: {} });
    expect(events().map(({ instance }) => instance)).toEqual(['billing']);
  });
});

describe('the listeners of decision events', () => {
  const fails = jest.fn(() => {
    throw new Error('listener');
  });

  @Injectable()
  class Failing {
    @OnOpaDecision()
    sync(): void {
      fails();
    }

    @OnOpaDecision()
    async async(): Promise<void> {
      await Promise.reject(new Error('listener'));
    }
  }

  @Injectable({ scope: Scope.REQUEST })
  class PerRequest {
    @OnOpaDecision()
    onDecision(): void {}
  }

  const init = async (provider: typeof Failing | typeof PerRequest): Promise<INestApplication> => {
    const module = await Test.createTestingModule({
      imports: [OpaModule.forRoot({ engine: engine(), audit: false })],
      providers: [provider],
    }).compile();
    return module.createNestApplication({ logger: false }).init();
  };

  it('can not change a decision: what they throw is logged', async () => {
    app = await init(Failing);
    const log = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const decision = await app.get(OpaService).decide({ policy: 'allow', input: {} });
    await Promise.resolve();
    expect(decision.allowed).toBe(true);
    expect(fails).toHaveBeenCalledTimes(1);
    expect(log.mock.calls.map(([message]) => message as unknown)).toEqual([
      '@OnOpaDecision() on Failing.sync failed: listener',
      '@OnOpaDecision() on Failing.async failed: listener',
    ]);
    log.mockRestore();
  });

  it('must be singletons', async () => {
    await expect(init(PerRequest)).rejects.toMatchObject({
      code: 'OPA_BAD_OPTIONS',
      message:
        '@OnOpaDecision() on PerRequest.onDecision: the provider is not a singleton; give it the default scope.',
    });
  });

  it('may subscribe to the channel in any code, and end the subscription', async () => {
    await start({ engine: engine() });
    const outcomes: string[] = [];
    const stop = onOpaDecision(({ outcome }) => outcomes.push(outcome));
    const decide = (policy: string): Promise<unknown> =>
      Promise.resolve(app?.get(OpaService).decide({ policy, input: {} })).catch(() => undefined);
    await decide('allow');
    await decide('failing');
    stop();
    await decide('deny');
    expect(outcomes).toEqual(['allow', 'error']);
  });
});

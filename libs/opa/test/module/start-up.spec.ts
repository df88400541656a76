import { describe, expect, it } from '@jest/globals';
import type { MessageEvent } from '@nestjs/common';
import { Controller, Get, Next, Res, Sse, UseInterceptors } from '@nestjs/common';
import { GrpcStreamCall } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { Ack, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { OpaModuleOptions, OpaOptionsFactory } from 'nestjs-opa';
import {
  getOpaToken,
  InjectOpa,
  OpaClient,
  OpaGuard,
  OpaHealthIndicator,
  OpaHttpService,
  OpaInterceptor,
} from 'nestjs-opa';
import { OpaModule, OpaPolicy, OpaPublic, OpaService } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { NEVER } from 'rxjs';

const start = (options: unknown) =>
  Test.createTestingModule({ imports: [OpaModule.forRoot(options as OpaModuleOptions)] }).compile();

describe('the options', () => {
  it('include every option of the contract', async () => {
    const module = await start({
      url: ['http://127.0.0.1:1', 'unix:///run/opa.sock'],
      policy: 'a/b',
      token: () => 't',
      timeout: 500,
      pool: { maxSockets: 2, connectTimeout: 100 },
      retry: { retries: 2 },
      circuitBreaker: false,
      onUnavailable: 'stale',
      mode: 'permissive',
      cache: { max: 10, allowTtl: 1_000, denyTtl: 100 },
      coalesce: true,
      input: { shape: 'authzen', headers: ['x-tenant'], body: { maxBytes: 100 } },
      policyHeaders: ['x-authz-*'],
      unguarded: 'allow',
      audit: false,
      warmup: false,
      ready: false,
      shutdownTimeout: 100,
    });
    expect(module.get(OpaService)).toBeInstanceOf(OpaService);
    await module.close();
  });

  it.each(['useClass', 'useExisting', 'useFactory'] as const)('may come from %s', async (how) => {
    class Options implements OpaOptionsFactory {
      createOpaOptions() {
        return { engine: new TestEngine({ 'a/b': true }), policy: 'a/b' };
      }
    }
    const from = {
      useClass: { useClass: Options },
      useExisting: { useExisting: Options, extraProviders: [Options] },
    };
    const factory = {
      inject: [Options],
      extraProviders: [Options],
      useFactory: (options: Options) => options.createOpaOptions(),
    };
    const provided = how === 'useFactory' ? factory : from[how];
    const module = await Test.createTestingModule({ imports: [OpaModule.forRootAsync(provided)] }).compile();
    await expect(module.get(OpaService).decide({ input: {} })).resolves.toMatchObject({ outcome: 'allow' });
    await module.close();
  });
});

describe('the providers', () => {
  it('exist, and those of named instances are separate', async () => {
    class Billing {
      constructor(@InjectOpa('billing') readonly opa: OpaService) {}
    }
    const module = await Test.createTestingModule({
      imports: [
        OpaModule.forRoot({ engine: new TestEngine({ a: true }) }),
        OpaModule.forRoot({ name: 'billing', engine: new TestEngine({ a: false }) }),
      ],
      providers: [Billing],
    }).compile();
    for (const token of [OpaClient, OpaGuard, OpaInterceptor, OpaHealthIndicator, OpaHttpService]) {
      expect(module.get(token, { strict: false })).toBeInstanceOf(token);
    }
    const { opa } = module.get(Billing);
    expect(opa).toBe(module.get(getOpaToken('billing'), { strict: false }));
    await expect(opa.decide({ policy: 'a', input: {} })).resolves.toMatchObject({ outcome: 'deny' });
    await expect(module.get(OpaService).decide({ policy: 'a', input: {} })).resolves.toMatchObject({
      outcome: 'allow',
    });
    await expect(module.get(OpaHealthIndicator).isHealthy()).resolves.toEqual({ opa: { status: 'up' } });
    await module.close();
  });
});

describe('handlers whose results a response policy could never see', () => {
  @Controller('res')
  class TakesOver {
    @Get()
    @UseInterceptors(OpaInterceptor)
    @OpaPolicy('a', { response: 'b' })
    get(@Res() _response: unknown) {
      return 1;
    }
  }
  @Controller('next')
  class GoesOn {
    @Get()
    @UseInterceptors(OpaInterceptor)
    @OpaPolicy('a', { response: 'b' })
    get(@Next() _next: unknown) {
      return 1;
    }
  }
  @WebSocketGateway()
  class Acknowledges {
    @SubscribeMessage('a')
    @UseInterceptors(OpaInterceptor)
    @OpaPolicy('a', { response: 'b' })
    get(@Ack() _ack: unknown) {
      return 1;
    }
  }
  @Controller()
  class TakesCall {
    @GrpcStreamCall()
    @UseInterceptors(OpaInterceptor)
    @OpaPolicy('a', { response: 'b' })
    get(_call: unknown) {
      return 1;
    }
  }
  @Controller('sse')
  class Streams {
    @Sse()
    @UseInterceptors(OpaInterceptor)
    @OpaPolicy('a', { response: 'b' })
    get() {
      return NEVER as typeof NEVER & { data: MessageEvent };
    }
  }
  @Controller('through')
  class PassesThrough {
    @Get()
    @UseInterceptors(OpaInterceptor)
    @OpaPolicy('a', { response: 'b' })
    get(@Res({ passthrough: true }) _response: unknown) {
      return 1;
    }
  }

  const init = async (controller: new () => object, as: 'controllers' | 'providers' = 'controllers') => {
    const imports = [OpaModule.forRoot({ engine: new TestEngine() })];
    const module = await Test.createTestingModule({ imports, [as]: [controller] }).compile();
    try {
      await module.init();
    } finally {
      await module.close();
    }
  };

  it.each([
    ['@Res()', TakesOver, 'controllers'],
    ['@Next()', GoesOn, 'controllers'],
    ['@Ack()', Acknowledges, 'providers'],
    ['@GrpcStreamCall()', TakesCall, 'controllers'],
  ] as const)('stop the start: %s', async (_name, controller, as) => {
    await expect(init(controller, as)).rejects.toMatchObject({
      code: 'OPA_BAD_OPTIONS',
      message: expect.stringContaining(`${controller.name}.get`),
    });
  });

  it.each([
    ['take the response passthrough', PassesThrough],
    ['be an event stream', Streams],
  ])('are accepted when they %s', async (_name, controller) => {
    await expect(init(controller)).resolves.toBeUndefined();
  });
});

describe('the decorators', () => {
  it('reject a path that leaves `data`, and two declarations on one handler', () => {
    expect(() => OpaPolicy('../v1/query')).toThrow(expect.objectContaining({ code: 'OPA_BAD_OPTIONS' }));
    expect(() => OpaPolicy('a', { response: 'b?c' })).toThrow(
      expect.objectContaining({ code: 'OPA_BAD_OPTIONS' }),
    );
    const misspelt = { respone: 'b' } as object;
    expect(() => OpaPolicy('a', misspelt)).toThrow('@OpaPolicy has no option "respone"');
    expect(() => OpaPolicy('a', { timeout: Infinity })).toThrow('option "timeout" was given Infinity');
    expect(() => {
      class Both {}
      OpaPublic()(Both);
      OpaPolicy('a')(Both);
    }).toThrow('Both has two declarations');
  });
});

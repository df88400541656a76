import { afterEach, describe, expect, it } from '@jest/globals';
import type { DynamicModule, INestApplication, Provider, Type } from '@nestjs/common';
import { Controller, Get, Module, UseGuards, UseInterceptors } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Query, Resolver } from '@nestjs/graphql';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { OpaGuard, OpaInterceptor, OpaModule, OpaPolicy, OpaPublic } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';

@Controller()
@UseGuards(OpaGuard)
class OnClass {
  @Get('orders') @OpaPolicy('orders/read') read() {
    return 'read';
  }
}

@Controller()
class OnHandler {
  @Get('orders') @UseGuards(OpaGuard) read() {
    return 'read';
  }
}

@Controller()
class Bare {
  @Get('orders') @OpaPolicy('orders/read') read() {
    return 'read';
  }
}

@Controller()
@UseInterceptors(OpaInterceptor)
class Intercepted {
  @Get('orders') read() {
    return 'read';
  }
}

@Resolver()
@UseGuards(OpaGuard)
class Fields {
  @Query(() => String) @OpaPolicy('orders/read') order() {
    return '';
  }
}

@WebSocketGateway()
@UseGuards(OpaGuard)
class Gateway {
  @SubscribeMessage('orders') @OpaPolicy('orders/read') read() {
    return '';
  }
}

@Controller()
@UseGuards(OpaGuard)
class OfBilling {
  @Get('bills') @OpaPolicy('bills/read', { instance: 'billing' }) read() {
    return 'read';
  }
  @Get('health') @OpaPublic() health() {
    return 'up';
  }
  /** No handler: nobody calls it from outside. */
  helper() {
    return '';
  }
}

let app: INestApplication | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

const engine = new TestEngine({ 'bills/read': true, 'orders/read': true });
const everywhere: Provider = { provide: APP_GUARD, useClass: OpaGuard };
const billing = (): DynamicModule => OpaModule.forRoot({ name: 'billing', engine });

/** Starts an application with the classes in a feature module. */
async function start(
  classes: Type[],
  imports: DynamicModule[] = [],
  providers: Provider[] = [],
): Promise<INestApplication> {
  const isProvider = (type: Type): boolean => type === Fields || type === Gateway;
  @Module({
    controllers: classes.filter((type) => !isProvider(type)),
    providers: classes.filter(isProvider),
  })
  class FeatureModule {}
  const module = await Test.createTestingModule({
    imports: [...imports, FeatureModule],
    providers,
  }).compile();
  app = module.createNestApplication({ logger: false });
  return app.init();
}

describe('the application does not start with OpaGuard but without an OpaModule; the error says what to import', () => {
  it.each<[Type, Provider[]]>([
    [OnClass, []],
    [OnHandler, []],
    [Bare, [everywhere]],
    [Fields, []],
    [Gateway, []],
    [OfBilling, []],
  ])('%p', async (used, providers) => {
    await expect(start([used], [], providers)).rejects.toMatchObject({
      code: 'OPA_BAD_OPTIONS',
      message: expect.stringContaining(
        'OpaGuard is used, but the application has no OpaModule: import OpaModule',
      ),
    });
  });

  it('with OpaInterceptor too', async () => {
    await expect(start([Intercepted])).rejects.toThrow('OpaInterceptor is used, but');
  });
});

describe('named instances without a default instance', () => {
  it('work where handlers name them, and public handlers pass', async () => {
    const started = await start([OfBilling], [billing()]);
    await started.listen(0, '127.0.0.1');
    const url = await started.getUrl();
    const paths = ['bills', 'health'].map(async (path) => (await fetch(`${url}/${path}`)).status);
    expect(await Promise.all(paths)).toEqual([200, 200]);
  });

  it.each<[Type, string, Provider[]]>([
    [OnClass, 'OnClass.read', []],
    [OnHandler, 'OnHandler.read', []],
    [Bare, 'Bare.read', [everywhere]],
    [Fields, 'Fields.order', []],
    [Gateway, 'Gateway.read', []],
  ])('stop the start where a handler names no instance: %p', async (used, handler, providers) => {
    await expect(start([used], [billing()], providers)).rejects.toThrow(
      `${handler} is under an OpaGuard that finds no unnamed OpaModule: import OpaModule.forRoot`,
    );
  });

  it('stop the start where the module of the handler cannot resolve the default instance', async () => {
    const hidden = OpaModule.forRoot({ engine, isGlobal: false });
    await expect(start([OnClass], [hidden])).rejects.toThrow('with isGlobal: false in this module too');
  });
});

import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Controller, Get, Logger, Res, SetMetadata, UseGuards, UseInterceptors } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { OpaDecides, OpaGuard, OpaInterceptor, OpaModule, OpaPolicy, OpaService } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { ADAPTERS, newAdapter } from '../support/app.js';

const IS_PUBLIC = 'isPublic';
const SKIP_AUTH = Symbol('skipAuth');
const Public = (value: unknown = true): MethodDecorator & ClassDecorator => SetMetadata(IS_PUBLIC, value);

@Controller('class')
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor)
@Public()
class PublicClass {
  @Get('inherits') inherits() {
    return 'ran';
  }
  @Get('not') @Public(false) not() {
    return 'ran';
  }
  @Get('policy') @OpaPolicy('deny') policy() {
    return 'ran';
  }
}

@Controller('handler')
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor)
@OpaPolicy('deny', { response: 'deny' })
class PublicHandlers {
  @Get('true') @Public() true() {
    return 'ran';
  }
  @Get('symbol') @SetMetadata(SKIP_AUTH, true) symbol() {
    return 'ran';
  }
  @Get('takes-over') @Public() takesOver(@Res() reply: { send(text: string): void }) {
    reply.send('ran');
  }
  @Get('text') @Public('true') text() {
    return 'ran';
  }
  @Get('one') @Public(1) one() {
    return 'ran';
  }
  @Get('other') @SetMetadata('other', true) other() {
    return 'ran';
  }
  @Get('both') @Public() @OpaPolicy('deny') both() {
    return 'ran';
  }
}

@Controller('code')
@UseGuards(OpaGuard)
class InCode {
  @Get('decides') @OpaDecides('orders/read') decides() {
    return 'ran';
  }
  @Get('unguarded') unguarded() {
    return 'ran';
  }
}

describe.each(ADAPTERS)('the options for public handlers on %s', (adapter) => {
  let app: INestApplication;
  let engine: TestEngine;
  afterEach(() => app.close());

  const start = async (): Promise<string> => {
    engine = new TestEngine({ deny: false });
    const module = await Test.createTestingModule({
      imports: [OpaModule.forRoot({ engine, publicKeys: [IS_PUBLIC, SKIP_AUTH] })],
      controllers: [PublicClass, PublicHandlers, InCode],
    }).compile();
    app = module.createNestApplication(newAdapter(adapter), { logger: false });
    await app.listen(0, '127.0.0.1');
    return app.getUrl();
  };

  it.each([
    ['class/inherits', 200, 'public'],
    ['class/not', 403, 'refused'],
    ['class/policy', 403, 'guarded'],
    ['handler/true', 200, 'public'],
    ['handler/symbol', 200, 'public'],
    ['handler/takes-over', 200, 'public'],
    ['handler/text', 403, 'guarded'],
    ['handler/one', 403, 'guarded'],
    ['handler/other', 403, 'guarded'],
    ['handler/both', 403, 'guarded'],
    ['code/decides', 200, 'decides'],
    ['code/unguarded', 403, 'refused'],
  ])(
    "accept an application's own public marker and @OpaDecides: %s gives %i",
    async (path, status, audited) => {
      const url = await start();
      expect((await fetch(`${url}/${path}`)).status).toBe(status);
      expect(engine.questions).toHaveLength(audited === 'guarded' ? 1 : 0);
      const line = app
        .get(OpaService)
        .routes()
        .find(({ route }) => route === `GET /${path}`);
      expect(line).toMatchObject({
        status: audited,
        policies: audited === 'decides' ? ['orders/read'] : audited === 'guarded' ? ['deny'] : [],
      });
    },
  );
});

it('the start logs which handlers must query OPA themselves', async () => {
  const log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
  const module = await Test.createTestingModule({
    imports: [OpaModule.forRoot({ engine: new TestEngine() })],
    controllers: [InCode],
  }).compile();
  const app = await module.createNestApplication().init();
  await app.close();
  const lines = log.mock.calls.map(([line]) => String(line)).filter((line) => line.includes('@OpaDecides'));
  expect(lines).toEqual([expect.stringContaining('(@OpaDecides): InCode.decides.')]);
  log.mockRestore();
});

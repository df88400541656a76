import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { INestApplication, Provider, Type } from '@nestjs/common';
import { Controller, Get, Injectable, Logger, Post, UseGuards, UseInterceptors } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { MessagePattern, Transport } from '@nestjs/microservices';
import { Query, Resolver } from '@nestjs/graphql';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { OpaModuleOptions, RouteReport } from 'nestjs-opa';
import { OpaGuard, OpaInterceptor, OpaModule, OpaPolicy, OpaPublic, OpaService } from 'nestjs-opa';
import type { OpaServer } from 'nestjs-opa/testing';
import { startOpa, TestEngine } from 'nestjs-opa/testing';

@Controller('orders')
@UseGuards(OpaGuard)
@OpaPolicy('orders/all')
class Orders {
  @Get() list() {
    return '';
  }
  @Get(':id')
  @UseInterceptors(OpaInterceptor)
  @OpaPolicy('orders/read', { response: 'orders/view' })
  read() {
    return '';
  }
  @Post(['new', 'add']) @OpaPolicy(['orders/add', 'orders/limit'], { inherit: true }) add() {
    return '';
  }
  @Get('health') @OpaPublic() health() {
    return '';
  }
  @MessagePattern('orders.sum') sum() {
    return '';
  }
}

@Controller({ path: 'bare' })
class Bare {
  @Get() nothing() {
    return '';
  }
  @Get('named') @OpaPolicy('bare/named') named() {
    return '';
  }
  @Get('public') @OpaPublic() public() {
    return '';
  }
  @Get('guarded') @UseGuards(OpaGuard) guarded() {
    return '';
  }
  @MessagePattern({ cmd: 'sum' }, Transport.TCP) sum() {
    return '';
  }
}

@WebSocketGateway()
class Gateway {
  @SubscribeMessage('chat') @UseGuards(OpaGuard) @OpaPolicy('chat/say') chat() {
    return '';
  }
  @SubscribeMessage('open') open() {
    return '';
  }
}

@Resolver()
class Fields {
  @Query(() => String, { name: 'order' }) @OpaPolicy('orders/read') order() {
    return '';
  }
}

@Injectable()
class OwnGuard extends OpaGuard {}

@Controller('own')
@UseGuards(OwnGuard)
class Own {
  @Get() @OpaPolicy('own/read') read() {
    return '';
  }
}

let app: INestApplication | undefined;
let server: OpaServer | undefined;
afterEach(async () => {
  await app?.close();
  await server?.stop();
  app = undefined;
  server = undefined;
  jest.restoreAllMocks();
});

async function start(
  classes: Type[],
  options: OpaModuleOptions = { engine: new TestEngine() },
  providers: Provider[] = [],
): Promise<OpaService> {
  const module = await Test.createTestingModule({
    imports: [OpaModule.forRoot(options)],
    controllers: classes.filter((type) => type !== Gateway && type !== Fields),
    providers: [...providers, ...classes.filter((type) => type === Fields)],
  }).compile();
  app = module.createNestApplication();
  app.setGlobalPrefix('api');
  await app.init();
  return app.get(OpaService);
}

const table = (opa: OpaService): Record<string, Partial<RouteReport>> =>
  Object.fromEntries(opa.routes().map(({ kind, route, ...rest }) => [`${kind} ${route}`, rest]));

describe('the start-up audit', () => {
  it('shows what decides each handler', async () => {
    const rows = table(await start([Orders, Own]));
    expect(rows).toMatchObject({
      'http GET /api/orders': { status: 'guarded', policies: ['orders/all'], handler: 'Orders.list' },
      'http GET /api/orders/:id': { status: 'guarded', policies: ['orders/read'], response: 'orders/view' },
      'http POST /api/orders/new': { policies: ['orders/all', 'orders/add', 'orders/limit'] },
      'http POST /api/orders/add': { policies: ['orders/all', 'orders/add', 'orders/limit'] },
      'http GET /api/orders/health': { status: 'public', policies: [] },
      'rpc orders.sum': { status: 'guarded', policies: ['orders/all'] },
      'http GET /api/own': { status: 'guarded', policies: ['own/read'] },
    });
    expect(Object.keys(rows)).toHaveLength(7);
  });

  it('warns of handlers that no guard covers, and of policies that are never evaluated', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const rows = table(await start([Bare]));
    expect(rows).toMatchObject({
      'http GET /api/bare': { status: 'not guarded' },
      'http GET /api/bare/named': { status: 'not guarded', policies: ['bare/named'] },
      'http GET /api/bare/public': { status: 'public' },
      'http GET /api/bare/guarded': { status: 'refused' },
      'rpc {"cmd":"sum"}': { status: 'not guarded' },
    });
    const warnings = warn.mock.calls.flat().join('\n');
    expect(warnings).toContain('No OpaGuard covers 3 of 5 handlers');
    expect(warnings).toContain(
      'http GET /api/bare/named (Bare.named): its policy bare/named is never evaluated',
    );
  });

  it('logs nothing with audit: false, and still fills the table', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const opa = await start([Bare], { engine: new TestEngine(), audit: false });
    expect(warn).not.toHaveBeenCalled();
    expect(opa.routes()).toHaveLength(5);
  });

  it('counts a global guard where it runs, and warns where it may not run', async () => {
    const rows = table(
      await start([Bare, Fields], { engine: new TestEngine(), policy: 'a/b' }, [
        { provide: APP_GUARD, useExisting: OpaGuard },
      ]),
    );
    expect(rows).toMatchObject({
      'http GET /api/bare': { status: 'guarded', policies: ['a/b'] },
      'http GET /api/bare/named': { status: 'guarded', policies: ['bare/named'] },
      'graphql Query.order': { status: 'guarded', policies: ['orders/read'] },
      'rpc {"cmd":"sum"}': { status: 'not guarded', note: expect.stringContaining('inheritAppConfig') },
    });
  });

  it('includes guards that the application adds before it starts', async () => {
    const module = await Test.createTestingModule({
      imports: [OpaModule.forRoot({ engine: new TestEngine(), policy: 'a/b', unguarded: 'allow' })],
      controllers: [Bare],
    }).compile();
    app = module.createNestApplication();
    app.useGlobalGuards(app.get(OpaGuard));
    await app.init();
    expect(table(app.get(OpaService))['http GET /bare']).toMatchObject({ status: 'guarded' });
  });

  it('includes WebSocket handlers', async () => {
    const { WsAdapter } = await import('@nestjs/platform-ws');
    const module = await Test.createTestingModule({
      imports: [OpaModule.forRoot({ engine: new TestEngine() })],
      providers: [Gateway],
    }).compile();
    app = module.createNestApplication();
    app.useWebSocketAdapter(new WsAdapter(app));
    await app.init();
    expect(table(app.get(OpaService))).toMatchObject({
      'ws chat': { status: 'guarded', policies: ['chat/say'] },
      'ws open': { status: 'not guarded' },
    });
  });
});

describe('verifyPolicies', () => {
  const rego = `package orders
    all if input.x
    read if input.subject.type != "anonymous"
    default view := false`;

  it('stops the start when OPA lacks policies, and names them', async () => {
    server = await startOpa({ rego });
    const refused = start([Orders, Own], { url: server.url, policy: 'orders/al', verifyPolicies: true });
    const error: unknown = await refused.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'OPA_BAD_OPTIONS' });
    expect(String(error)).toContain('"orders/al", "orders/add", "orders/limit", "own/read"');
    expect(String(error)).not.toMatch(/"orders\/(all|read|view)"/);
  });

  it("only warns with 'warn', and when OPA is unreachable", async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    server = await startOpa({ rego });
    await start([Own], { url: server.url, verifyPolicies: 'warn' });
    expect(warn.mock.calls.flat().join()).toContain('no rule exists for "own/read"');
    await app?.close();
    await start([Own], { url: 'http://127.0.0.1:1', verifyPolicies: true });
    expect(warn.mock.calls.flat().join()).toContain('The policy "own/read" can\'t be verified');
  });

  it('accepts policies that OPA has', async () => {
    server = await startOpa({ rego: 'package own\nread if input.x' });
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    await start([Own], { url: server.url, verifyPolicies: true });
    expect(warn).not.toHaveBeenCalled();
  });
});

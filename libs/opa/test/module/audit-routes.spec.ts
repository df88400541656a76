import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import {
  Controller,
  Get,
  Injectable,
  Module,
  RequestMethod,
  Scope,
  UseGuards,
  Version,
  VersioningType,
} from '@nestjs/common';
import { APP_GUARD, RouterModule } from '@nestjs/core';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { EventPattern, GrpcMethod, MessagePattern } from '@nestjs/microservices';
import { Mutation, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { RouteReport } from 'nestjs-opa';
import { OpaGuard, OpaModule, OpaPolicy, OpaService } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { onApollo, startGraphql } from '../contexts/drivers/graphql.js';
import { ON_TCP, sent, tcpClient } from '../contexts/drivers/rpc.js';
import { onWs, received, startGateway, wsClient } from '../contexts/drivers/ws.js';

const opa = (): ReturnType<typeof OpaModule.forRoot> =>
  OpaModule.forRoot({ engine: new TestEngine({ a: false }), policy: 'a', audit: false });
const appGuard = { provide: APP_GUARD, useExisting: OpaGuard };

@Controller('orders')
@UseGuards(OpaGuard)
class Orders {
  @Get(':id') read() {
    return 'read';
  }
  @Get('latest') @Version(['2', '3']) latest() {
    return 'latest';
  }
}

@Controller({ path: 'items', version: '1' })
@UseGuards(OpaGuard)
class Items {
  @Get() list() {
    return 'list';
  }
}

@Controller('health')
@UseGuards(OpaGuard)
class Health {
  @Get() get() {
    return 'ok';
  }
}

@Module({ controllers: [Items] })
class Shop {}

/** Answers a message, and a request, with one method. */
@Controller('sums')
class Both {
  @MessagePattern(['sum', { cmd: 'sum' }]) @Get() sum(_data: unknown) {
    return 'sum';
  }
  @EventPattern('done') @UseGuards(OpaGuard) done(_data: unknown) {
    return 'done';
  }
  @GrpcMethod('Sums', 'Add') add() {
    return 'added';
  }
}

@Resolver('Order')
@UseGuards(OpaGuard)
class OrderFields {
  @Query() @OpaPolicy('order') order() {
    return {};
  }
  @Mutation() place() {
    return {};
  }
  @ResolveField() customer() {
    return {};
  }
}

@WebSocketGateway({ path: '/events' })
class Bare {
  @SubscribeMessage('say') say() {
    return 'said';
  }
}

/** Nest makes this guard for each request. */
@Injectable({ scope: Scope.REQUEST })
class RequestScopedGuard extends OpaGuard {}

describe('the routes in the audit', () => {
  let app: INestApplicationContext | undefined;
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });
  const rows = (): RouteReport[] => [...(app?.get(OpaService).routes() ?? [])];
  const named = (): string[] => rows().map(({ kind, route, status }) => `${kind} ${route}: ${status}`);

  it('are the routes of the application: with prefixes, versions and module paths', async () => {
    const shop = RouterModule.register([{ path: 'shop', module: Shop }]);
    const module = await Test.createTestingModule({
      imports: [opa(), Shop, shop],
      controllers: [Orders, Health],
    }).compile();
    const http = module.createNestApplication({ logger: false });
    app = http;
    http.setGlobalPrefix('api', { exclude: [{ path: 'health', method: RequestMethod.GET }] });
    http.enableVersioning({ type: VersioningType.URI });
    await http.listen(0, '127.0.0.1');
    expect(
      rows()
        .map(({ route }) => route)
        .sort(),
    ).toEqual([
      'GET /api/orders/:id',
      'GET /api/v1/shop/items',
      'GET /api/v2/orders/latest',
      'GET /api/v3/orders/latest',
      'GET /health',
    ]);
    const url = await http.getUrl();
    for (const { route } of rows()) {
      // Each is there, and refuses.
      expect((await fetch(url + route.replace('GET ', ''))).status).toBe(403);
    }
  });

  it('understand other kinds of versioning, and default versions', async () => {
    const module = await Test.createTestingModule({
      imports: [opa()],
      controllers: [Orders, Items],
    }).compile();
    const http = module.createNestApplication({ logger: false });
    app = http;
    http.enableVersioning({ type: VersioningType.URI, prefix: 'rel-', defaultVersion: ['7', '8'] });
    await http.init();
    expect(rows().map(({ route }) => route)).toEqual([
      'GET /rel-7/orders/:id',
      'GET /rel-8/orders/:id',
      'GET /rel-2/orders/latest',
      'GET /rel-3/orders/latest',
      'GET /rel-1/items',
    ]);
    await http.close();
    const again = await Test.createTestingModule({ imports: [opa()], controllers: [Items] }).compile();
    const byHeader = again.createNestApplication({ logger: false });
    app = byHeader;
    byHeader.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' });
    await byHeader.init();
    expect(rows().map(({ route }) => route)).toEqual(['GET /items']);
  });

  it('list every pattern of a handler, and both routes of a handler with two', async () => {
    const module = await Test.createTestingModule({ imports: [opa()], controllers: [Both] }).compile();
    app = module.createNestApplication();
    await app.init();
    expect(named().sort()).toEqual([
      'grpc Sums/Add: not guarded',
      'http GET /sums: not guarded',
      'rpc done: guarded',
      'rpc sum: not guarded',
      'rpc {"cmd":"sum"}: not guarded',
    ]);
  });

  it.each([
    ['where guards run around them', ['guards'] as const, ['graphql Order.customer: guarded']],
    ['and not where none do: they are no way in', [] as const, []],
  ])('list GraphQL fields below the root %s', async (_name, fieldResolverEnhancers, below) => {
    const typeDefs = `
      type Order { id: ID, customer: Order }
      type Query { order: Order }
      type Mutation { place: Order }`;
    const options = { fieldResolverEnhancers: [...fieldResolverEnhancers] };
    const providers = [OrderFields];
    ({ app } = await startGraphql(onApollo, { typeDefs, options, imports: [opa()], providers }));
    expect(named()).toEqual(['graphql Query.order: guarded', 'graphql Mutation.place: guarded', ...below]);
  });

  it('of a standalone microservice are guarded by its APP_GUARD, as they are at run time', async () => {
    const module = Test.createTestingModule({ imports: [opa()], controllers: [Both], providers: [appGuard] });
    const service = (await module.compile()).createNestMicroservice<MicroserviceOptions>(ON_TCP);
    app = service;
    await service.listen();
    expect(rows()).toMatchObject([
      { kind: 'rpc', route: 'sum', status: 'guarded' },
      { kind: 'rpc', route: '{"cmd":"sum"}', status: 'guarded' },
      { kind: 'rpc', route: 'done', status: 'guarded' },
      { kind: 'grpc', route: 'Sums/Add', status: 'guarded' },
    ]);
    const client = tcpClient(service);
    expect(await sent(client, 'sum', {})).toMatchObject({ error: { code: 'FORBIDDEN' } });
    await client.close();
  });

  it('of a gateway are guarded by APP_GUARD in a version of Nest that supports it, as they are at run time', async () => {
    const withGuard = { ...opa(), providers: [appGuard] };
    const gateway = await startGateway(withGuard, Bare, onWs);
    app = gateway;
    expect(named()).toEqual(['ws say: guarded']);
    const client = await wsClient(gateway, '/events');
    client.send(JSON.stringify({ event: 'say', data: {} }));
    expect(await received(client)).toMatchObject({ event: 'exception', data: { code: 'FORBIDDEN' } });
    client.terminate();
  });

  it('of a gateway are not guarded by a request-scoped global guard, which Nest skips there', async () => {
    const withGuard = { ...opa(), providers: [{ provide: APP_GUARD, useClass: RequestScopedGuard }] };
    const gateway = await startGateway(withGuard, Bare, onWs);
    app = gateway;
    expect(named()).toEqual(['ws say: not guarded']);
    expect(gateway.get(OpaService).routes()[0]?.note).toContain('is of request scope');
    const client = await wsClient(gateway, '/events');
    client.send(JSON.stringify({ event: 'say', data: {} }));
    expect(await received(client)).toBe('said');
    client.terminate();
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, UseInterceptors } from '@nestjs/common';
import { Query, ResolveField, Resolver, Scalar } from '@nestjs/graphql';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { GrpcMethod, MessagePattern } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { OpaInterceptor, OpaModule, OpaPolicy } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { onApollo, onMercurius, postGraphql, startGraphql } from '../contexts/drivers/graphql.js';
import { startGrpc, unary } from '../contexts/drivers/grpc.js';
import { ON_TCP, sent, tcpClient } from '../contexts/drivers/rpc.js';
import { onWs, received, startGateway, wsClient } from '../contexts/drivers/ws.js';
import { masking, Witness } from './support.js';

class Cat {
  born = new Date('2020-01-01T00:00:00Z');
  owner = { name: 'Ann', phone: '1' };
  id = '7';

  constructor(readonly name: string) {}

  get email(): string {
    return `${this.name}@cats.test`;
  }

  home(): object {
    return { street: 'Main St', city: 'Ulm' };
  }
}

class Dog extends Cat {}

let engine: TestEngine;
let close: () => Promise<void>;
const witness = new Witness();

beforeEach(() => {
  engine = new TestEngine({ open: true, view: true });
  witness.passed.length = 0;
});
afterEach(() => close());

const opa = (...paths: string[]): ReturnType<typeof OpaModule.forRoot> => {
  engine.answer('view', masking(...paths));
  return OpaModule.forRoot({ engine, audit: false });
};

const TYPES = `
  scalar Date
  type Owner { name: String, phone: String }
  type Home { street: String, city: String }
  type Cat { born: Date, email: String, owner: Owner, home: Home }
  type Dog { born: Date, email: String, owner: Owner }
  union Pet = Cat | Dog
  type Query { pets: [Pet] }
`;

@Scalar('Date')
class DateScalar {
  serialize(value: Date): string {
    return value.toISOString();
  }
}

@Resolver('Pet')
class Pets {
  @Query('pets') @OpaPolicy('open', { response: 'view' }) @UseInterceptors(OpaInterceptor) pets() {
    return [new Cat('Tom'), new Dog('Rex')];
  }
  @ResolveField('__resolveType') type(pet: unknown) {
    if (pet instanceof Dog) return 'Dog';
    return pet instanceof Cat ? 'Cat' : null;
  }
}

describe.each([onApollo, onMercurius])('a masked result on $name', (driver) => {
  it('keeps its dates, getters, methods and the types of a union', async () => {
    const { app, url } = await startGraphql(driver, {
      typeDefs: TYPES,
      imports: [opa('/*/owner/phone', '/1/email', '/0/home/street')],
      providers: [Pets, DateScalar],
    });
    close = () => app.close();
    const fields = 'born email owner { name phone }';
    const query = `{ pets { __typename ... on Cat { ${fields} home { street city } } ... on Dog { ${fields} } } }`;
    const { answer } = await postGraphql(url, { query });
    const born = '2020-01-01T00:00:00.000Z';
    const owner = { name: 'Ann', phone: '***' };
    expect(answer).toEqual({
      data: {
        pets: [
          { __typename: 'Cat', born, email: 'Tom@cats.test', owner, home: { street: '***', city: 'Ulm' } },
          { __typename: 'Dog', born, email: '***', owner },
        ],
      },
    });
  });
});

@Controller()
class Service {
  @MessagePattern('cat')
  @OpaPolicy('open', { response: 'view' })
  @UseInterceptors(witness, OpaInterceptor)
  cat() {
    return new Cat('Tom');
  }
  @GrpcMethod('Orders', 'Read')
  @OpaPolicy('open', { response: 'view' })
  @UseInterceptors(witness, OpaInterceptor)
  read() {
    return new Cat('Tom');
  }
}

@WebSocketGateway({ path: '/' })
class Gateway {
  @SubscribeMessage('cat')
  @OpaPolicy('open', { response: 'view' })
  @UseInterceptors(witness, OpaInterceptor)
  cat() {
    return { event: 'cat', data: new Cat('Tom') };
  }
}

const masked = (cat: unknown): void => {
  expect(cat).toBeInstanceOf(Cat);
  expect((cat as Cat).born).toBeInstanceOf(Date);
  expect((cat as Cat).owner.phone).toBe('***');
};

describe('a masked result', () => {
  it('keeps its class on a microservice', async () => {
    const module = await Test.createTestingModule({
      imports: [opa('/owner/phone')],
      controllers: [Service],
    }).compile();
    const service = module.createNestMicroservice<MicroserviceOptions>({ ...ON_TCP, logger: false });
    await service.listen();
    const client = tcpClient(service);
    close = async () => {
      await client.close();
      await service.close();
    };
    expect(await sent(client, 'cat', {})).toMatchObject({ result: { owner: { name: 'Ann', phone: '***' } } });
    masked(witness.passed[0]);
  });

  it('keeps its class on a WebSocket', async () => {
    const app = await startGateway(opa('/data/owner/phone'), Gateway, onWs);
    const client = await wsClient(app, '/');
    close = async () => {
      client.terminate();
      await app.close();
    };
    client.send(JSON.stringify({ event: 'cat', data: {} }));
    expect(await received(client)).toMatchObject({ event: 'cat', data: { owner: { phone: '***' } } });
    masked((witness.passed[0] as { data: unknown }).data);
  });

  it('keeps its class on gRPC, where a getter becomes a field', async () => {
    const running = await startGrpc(opa('/email', '/owner/phone'), Service);
    close = () => running.close();
    expect(await unary(running.client, 'Read', '7')).toMatchObject({ id: '7', email: '***' });
    masked(witness.passed[0]);
  });
});

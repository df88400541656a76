import { describe, expect, it } from '@jest/globals';
import type { Provider, Type } from '@nestjs/common';
import { UseGuards, UseInterceptors } from '@nestjs/common';
import { Query, ResolveField, Resolver } from '@nestjs/graphql';
import { OpaGuard, OpaInterceptor, OpaModule, OpaPolicy } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { onApollo, postGraphql, startGraphql } from './drivers/graphql.js';

@Resolver('Pet')
class Guarded {
  @Query('pet') @UseGuards(OpaGuard) @OpaPolicy('deny') pet() {
    return { name: 's3cret' };
  }
}

@Resolver('Pet')
class Decided {
  @Query('pet') @UseInterceptors(OpaInterceptor) @OpaPolicy('open', { response: 'deny' }) pet() {
    return { name: 's3cret' };
  }
}

@Resolver('Pet')
class Undecided {
  @Query('pet') @OpaPolicy('open', { response: 'deny' }) pet() {
    return { name: 's3cret' };
  }
}

@Resolver('Pet')
class Field {
  @Query('pet') @OpaPolicy('open') pet() {
    return { name: 's3cret' };
  }
  @ResolveField('name') @OpaPolicy('open', { response: 'deny' }) field() {
    return 's3cret';
  }
}

const factory = (type: Type): Provider => ({ provide: type, useFactory: () => new type() as object });
const value = (type: Type): Provider => ({ provide: 'pets', useValue: new type() as object });

async function start(providers: Provider[], enhancers: ('guards' | 'interceptors')[] = []): Promise<unknown> {
  const engine = new TestEngine({ open: true, deny: false });
  const { app, url } = await startGraphql(onApollo, {
    typeDefs: 'type Pet { name: String } type Query { pet: Pet }',
    imports: [OpaModule.forRoot({ engine, audit: false })],
    providers,
    options: { fieldResolverEnhancers: enhancers },
  });
  try {
    return (await postGraphql(url, { query: '{ pet { name } }' })).answer;
  } finally {
    await app.close();
  }
}

describe('a resolver from a factory provider', () => {
  it.each<[string, Provider, string]>([
    [
      'useFactory, OpaGuard',
      factory(Guarded),
      'Guarded comes from useFactory or useValue and names OpaGuard',
    ],
    ['useValue, OpaGuard', value(Guarded), 'Guarded comes from useFactory or useValue and names OpaGuard'],
    [
      'useFactory, OpaInterceptor',
      factory(Decided),
      'Decided comes from useFactory or useValue and names OpaInterceptor',
    ],
    [
      'useFactory, no interceptor',
      factory(Undecided),
      'Undecided.pet has a response policy, but OpaInterceptor may not run around it',
    ],
  ])(
    'stops the start where Nest would not run the guard or interceptor: %s',
    async (_name, provider, message) => {
      await expect(start([provider])).rejects.toMatchObject({
        code: 'OPA_BAD_OPTIONS',
        message: expect.stringContaining(message),
      });
    },
  );

  it.each<[string, Provider[]]>([
    ['the class', [Guarded]],
    ['useClass', [{ provide: 'pets', useClass: Guarded }]],
    ['another name of the class', [Guarded, { provide: 'pets', useExisting: Guarded }]],
  ])('is decided where Nest runs guard and interceptor: %s', async (_name, providers) => {
    expect(JSON.stringify(await start(providers))).not.toContain('s3cret');
  });
});

it('a field below the root with a response policy requires an OpaInterceptor', async () => {
  await expect(start([Field], ['guards', 'interceptors'])).rejects.toThrow(
    'Field.field has a response policy, but OpaInterceptor may not run around it',
  );
});

import { expect, it } from '@jest/globals';
import { CacheInterceptor, CacheKey, CacheModule } from '@nestjs/cache-manager';
import type { NestInterceptor, Type } from '@nestjs/common';
import { All, Controller, Get, Injectable, Post, UseInterceptors } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaDecides, OpaInterceptor, OpaModule } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';

@Injectable()
class OwnCache extends CacheInterceptor {}

interface Setup {
  readonly route: readonly MethodDecorator[];
  /** On the handler. */
  readonly interceptors?: readonly Type<NestInterceptor>[];
  /** For the whole application. */
  readonly global?: Type<NestInterceptor>;
  readonly options?: OpaModuleOptions & { name?: string };
}

/** Starts an application with one handler that asks OPA in its own code. */
async function start({ route, interceptors = [], global, options }: Setup): Promise<void> {
  class Decides {
    read() {
      return {};
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(Decides.prototype, 'read') ?? {};
  for (const decorate of [...route, OpaDecides('open'), UseInterceptors(...interceptors)])
    decorate(Decides.prototype, 'read', descriptor);
  Controller()(Decides);
  const module = await Test.createTestingModule({
    imports: [CacheModule.register(), OpaModule.forRoot({ engine: new TestEngine(), ...options })],
    controllers: [Decides],
    providers: global === undefined ? [] : [{ provide: APP_INTERCEPTOR, useClass: global }],
  }).compile();
  const app = module.createNestApplication({ logger: false });
  await app.init().finally(() => app.close());
}

const CACHE = [CacheInterceptor];

it.each<[string, Setup]>([
  ['on GET', { route: [Get()], interceptors: CACHE }],
  ['on every method', { route: [All()], interceptors: CACHE }],
  ['on POST, with a key', { route: [Post(), CacheKey('k')], interceptors: CACHE }],
  ['of a subclass, on POST', { route: [Post()], interceptors: [OwnCache] }],
  ['inside OpaInterceptor', { route: [Get()], interceptors: [OpaInterceptor, CacheInterceptor] }],
  [
    'of the application, without the audit',
    { route: [Get()], global: CacheInterceptor, options: { audit: false, interceptor: 'global' } },
  ],
  ['beside a named instance', { route: [Get()], interceptors: CACHE, options: { name: 'n' } }],
])('a cache around a handler with @OpaDecides stops the start: %s', async (_name, setup) => {
  await expect(start(setup)).rejects.toMatchObject({
    code: 'OPA_BAD_OPTIONS',
    message: expect.stringContaining(
      'Decides.read asks OPA in its own code (@OpaDecides), and a CacheInterceptor',
    ),
  });
});

it.each<[string, Setup]>([
  ['on POST', { route: [Post()], interceptors: CACHE, global: CacheInterceptor }],
  ['without a cache', { route: [Get()], interceptors: [OpaInterceptor] }],
])('the application starts with @OpaDecides on a handler: %s', async (_name, setup) => {
  await expect(start(setup)).resolves.toBeUndefined();
});

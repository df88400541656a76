import { expect, it } from '@jest/globals';
import { Controller, Get, HttpCode } from '@nestjs/common';
import { ApiForbiddenResponse, ApiOkResponse, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { OpaDecides, OpaPolicy, OpaPublic } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { ADAPTERS, startApp } from '../support/app.js';

@Controller('orders')
@OpaPolicy('orders/all')
class Orders {
  @Get('plain') plain() {
    return '';
  }
  @Get('own') @OpaPolicy(['a', 'b']) own() {
    return '';
  }
  @Get('both') @OpaPolicy('a', { inherit: true }) both() {
    return '';
  }
  @Get('public') @OpaPublic() open() {
    return '';
  }
  @Get('decides') @OpaDecides('c') decides() {
    return '';
  }
  @Get('before') @ApiForbiddenResponse({ description: 'mine' }) @OpaPolicy('a') before() {
    return '';
  }
  @Get('after') @OpaPolicy('a') @ApiForbiddenResponse({ description: 'mine' }) after() {
    return '';
  }
}

@Controller('described')
@ApiForbiddenResponse({ description: 'mine' })
class Described {
  @Get('get') @OpaPolicy('a') get() {
    return '';
  }
  @Get('code') @HttpCode(202) @OpaPolicy('a') code() {
    return '';
  }
  @Get('typed') @ApiOkResponse({ description: 'all' }) @OpaPolicy('a') typed() {
    return '';
  }
}

const OURS = 'Forbidden by policy';

it.each(ADAPTERS)('the OpenAPI document lists policies and their denials: %s', async (adapter) => {
  const { app, close } = await startApp(adapter, [Orders], { engine: new TestEngine() });
  const { paths } = SwaggerModule.createDocument(app, new DocumentBuilder().build());
  const described = Object.entries(paths).map(([path, { get = { responses: {} } }]) => [
    path.slice('/orders/'.length),
    Reflect.get(get, 'x-opa-policy') as unknown,
    (get.responses['403'] as { description?: string } | undefined)?.description,
  ]);
  await close();
  expect(described).toEqual([
    ['plain', 'orders/all', OURS],
    ['own', ['a', 'b'], OURS],
    ['both', ['orders/all', 'a'], OURS],
    ['public', undefined, undefined],
    ['decides', 'c', OURS],
    ['before', 'a', 'mine'],
    ['after', 'a', 'mine'],
  ]);
});

it('the OpenAPI document keeps the responses of the class, and adds one to a handler that describes none', async () => {
  const { app, close } = await startApp('express', [Orders, Described], { engine: new TestEngine() });
  const { paths } = SwaggerModule.createDocument(app, new DocumentBuilder().build());
  await close();
  const responses = (path: string): unknown => paths[path]?.get?.responses;
  expect(responses('/orders/plain')).toEqual({ 200: { description: '' }, 403: { description: OURS } });
  const mine = { 403: { description: 'mine' } };
  expect(responses('/described/get')).toEqual({ 200: { description: '' }, ...mine });
  expect(responses('/described/code')).toEqual({ 202: { description: '' }, ...mine });
  expect(responses('/described/typed')).toEqual({ 200: { description: 'all' }, ...mine });
});

import { expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { ApiForbiddenResponse, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { OpaPolicy, OpaPublic } from 'nestjs-opa';
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
  @Get('before') @ApiForbiddenResponse({ description: 'mine' }) @OpaPolicy('a') before() {
    return '';
  }
  @Get('after') @OpaPolicy('a') @ApiForbiddenResponse({ description: 'mine' }) after() {
    return '';
  }
}

const OURS = 'Forbidden by policy';

it.each(ADAPTERS)('the OpenAPI document names policies and their denials: %s', async (adapter) => {
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
    ['before', 'a', 'mine'],
    ['after', 'a', 'mine'],
  ]);
});

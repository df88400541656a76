import { describe, expect, it } from '@jest/globals';
import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { OpaInterceptor, OpaModule, OpaPolicy } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';

@Controller('rows')
@UseInterceptors(OpaInterceptor)
class Rows {
  @Get() @OpaPolicy('open', { response: 'response' }) read() {
    return {
      id: 1,
      email: 'ann@example.test',
      items: ['a', 'b', 'c', 'd'].map((sku) => ({ sku, lots: [{ n: 1 }, { n: 2 }, { n: 3 }] })),
    };
  }

  @Get('none') @OpaPolicy('open', { response: 'response' }) none() {
    return undefined;
  }
}

const mask = (path: string): object => ({ type: 'mask', properties: { path } });
const remove = (...paths: string[]): object => ({ type: 'remove', properties: { paths } });
const skus = (body: unknown): string[] => (body as { items: { sku: string }[] }).items.map(({ sku }) => sku);

describe('edits of a result by obligations', () => {
  const edited = (...obligations: object[]): Promise<string> => answer('', obligations);
  const answer = async (path: string, obligations: object[]): Promise<string> => {
    const engine = new TestEngine({ open: true, response: { allow: true, obligations } });
    const module = await Test.createTestingModule({
      imports: [OpaModule.forRoot({ engine })],
      controllers: [Rows],
    }).compile();
    // Of Fastify a `null` would leave as JSON, and nothing at all as no body.
    const app = module.createNestApplication(new FastifyAdapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    try {
      return await (await fetch(`${await app.getUrl()}/rows${path}`)).text();
    } finally {
      await app.close();
    }
  };
  const edit = async (...obligations: object[]): Promise<unknown> =>
    JSON.parse(await edited(...obligations)) as unknown;

  it.each([
    ['several indexes in one', [remove('/items/0', '/items/2')], ['b', 'd']],
    ['several obligations', [remove('/items/1'), remove('/items/3')], ['a', 'c']],
    ['in any order', [remove('/items/3'), remove('/items/0'), remove('/items/1')], ['c']],
    ['all', [remove('/items/*')], []],
    ['all, and one by name', [remove('/items/*', '/items/1')], []],
    ['out of range', [remove('/items/4', '/items/-', '/items/01', '/items/length')], ['a', 'b', 'c', 'd']],
    [
      'a row that is masked too',
      [mask('/items/1/sku'), remove('/items/1'), mask('/items/1')],
      ['a', 'c', 'd'],
    ],
    ['a row beside a masked one', [remove('/items/0'), mask('/items/1/sku')], ['***', 'c', 'd']],
  ])('remove rows: %s', async (_name, obligations, expected) => {
    expect(skus(await edit(...obligations))).toEqual(expected);
  });

  it('remove rows of nested lists, and of lists in removed rows', async () => {
    const body = await edit(
      remove('/items/*/lots/0', '/items/0/lots/2', '/items/1'),
      mask('/items/*/lots/1/n'),
    );
    const lots = (body as { items: { lots: object[] }[] }).items.map((item) => item.lots);
    expect(lots).toEqual([[{ n: '***' }], [{ n: '***' }, { n: 3 }], [{ n: '***' }, { n: 3 }]]);
  });

  it.each([
    [
      'path and paths',
      [{ type: 'mask', properties: { path: '/id', paths: ['/email'] } }],
      { id: '***', email: '***' },
    ],
    ['a null value', [{ type: 'mask', properties: { path: '/email', value: null } }], { id: 1, email: null }],
    ['a member', [remove('/email')], { id: 1 }],
    ['no paths', [remove()], { id: 1, email: 'ann@example.test' }],
  ])('edit members: %s', async (_name, obligations, expected) => {
    const body = (await edit(...obligations)) as Record<string, unknown>;
    delete body['items'];
    expect(body).toEqual(expected);
  });

  it('do nothing to an empty result', async () => {
    expect(await answer('/none', [mask('/email')])).toBe('');
  });

  it('replace the whole result', async () => {
    expect(await edited(mask(''), mask('/email'))).toBe('***');
    expect(await edited(mask('/id'), remove(''))).toBe('null');
  });
});

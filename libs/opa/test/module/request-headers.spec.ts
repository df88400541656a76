import { afterEach, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Controller, Get, Req, UseGuards } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaGuard, OpaModule, OpaPolicy, OpaPublic } from 'nestjs-opa';
import type { TestAnswer } from 'nestjs-opa/testing';
import { TestEngine } from 'nestjs-opa/testing';
import type { IncomingMessage } from 'node:http';

type HeaderForms = Pick<IncomingMessage, 'headers' | 'rawHeaders' | 'headersDistinct'>;

const headersOf = (request: IncomingMessage & { raw?: IncomingMessage }): HeaderForms => {
  const { rawHeaders, headersDistinct } = request.raw ?? request;
  return { headers: request.headers, rawHeaders, headersDistinct };
};

@Controller()
@UseGuards(OpaGuard)
class Shows {
  @Get('decided') @OpaPolicy('a') decided(@Req() request: IncomingMessage) {
    return headersOf(request);
  }
  @Get('public') @OpaPublic() public(@Req() request: IncomingMessage) {
    return headersOf(request);
  }
}

const adapters = { express: () => new ExpressAdapter(), fastify: () => new FastifyAdapter() };

describe.each(['express', 'fastify'] as const)(
  'the request headers that a handler on %s receives',
  (adapter) => {
    let app: INestApplication;
    afterEach(() => app.close());

    const get = async (
      path: string,
      answer: TestAnswer,
      headers: Record<string, string>,
      options: OpaModuleOptions = {},
    ): Promise<HeaderForms> => {
      const imports = [OpaModule.forRoot({ engine: new TestEngine({ a: answer }), ...options })];
      const module = await Test.createTestingModule({ imports, controllers: [Shows] }).compile();
      app = module.createNestApplication(adapters[adapter](), { logger: false });
      await app.listen(0, '127.0.0.1');
      const response = await fetch(`${await app.getUrl()}/${path}`, { headers });
      return (await response.json()) as HeaderForms;
    };

    it("hold the headers of an allow in place of the client's, in every form", async () => {
      const answer = { allow: true, headers: { 'X-User': 'ann', 'x-roles': ['a', 'b'] } };
      const { headers, ...raw } = await get('decided', answer, { 'x-user': 'root', 'X-Other': 'stays' });
      expect(headers).toMatchObject({ 'x-user': 'ann', 'x-roles': ['a', 'b'], 'x-other': 'stays' });
      expect(JSON.stringify(raw)).not.toContain('root');
      expect(raw.headersDistinct).toMatchObject({ 'x-other': ['stays'] });
    });

    it('hold no client header that equals a header of the allow but for underscores', async () => {
      const answer = { allow: true, headers: { 'x-user': 'ann' } };
      const everywhere = await get('decided', answer, { X_User: 'root', x_user: 'root' });
      expect(everywhere.headers).toHaveProperty('x-user', 'ann');
      expect(JSON.stringify(everywhere)).not.toContain('root');
    });

    it('lack the headers that the policy removes', async () => {
      const answer = { allow: true, request_headers_to_remove: ['X-Internal'] };
      const sent = { 'X-Internal': 's3cret', x_internal: 's3cret', 'x-other': 'stays' };
      const everywhere = await get('decided', answer, sent);
      expect(JSON.stringify(everywhere)).not.toMatch(/s3cret|x.internal/i);
      expect(everywhere.headers).toHaveProperty('x-other', 'stays');
    });

    it.each([
      ['decided', {}],
      ['public', {}],
      ['decided', { mode: 'permissive' }],
      ['decided', { mode: 'disabled' }],
    ] as [string, OpaModuleOptions][])(
      'lack client headers that only a policy may set: %s, %p',
      async (path, options) => {
        const names = [
          'X-Authz-Role',
          'x_authz_role',
          'X_Authz-More',
          'x.authz!role',
          'x-owned',
          'X_OWNED',
          'X.Owned',
        ];
        const sent = { ...Object.fromEntries(names.map((name) => [name, 'root'])), 'x-other': 'stays' };
        const all = await get(path, true, sent, { policyHeaders: ['X-Authz-*', 'x-owned'], ...options });
        expect(JSON.stringify(all)).not.toContain('root');
        expect(all.headers).toHaveProperty('x-other', 'stays');
      },
    );
  },
);

it('request headers on Fastify are the same when a hook has set some', async () => {
  const engine = new TestEngine({ a: { allow: true, headers: { 'x-user': 'ann' } } });
  const imports = [OpaModule.forRoot({ engine, policyHeaders: ['x-authz-*'] })];
  const module = await Test.createTestingModule({ imports, controllers: [Shows] }).compile();
  const adapter = new FastifyAdapter();
  adapter.getInstance().addHook('onRequest', (request, _reply, done) => {
    request.headers = { 'x-hook': 'set', 'x-authz-hook': 'root' };
    done();
  });
  const app = module.createNestApplication(adapter, { logger: false });
  await app.listen(0, '127.0.0.1');
  const sent = { 'x-authz-role': 'root', 'x-user': 'root', 'x-other': 'stays' };
  const response = await fetch(`${await app.getUrl()}/decided`, { headers: sent });
  const all = (await response.json()) as HeaderForms;
  await app.close();
  expect(all.headers).toMatchObject({ 'x-hook': 'set', 'x-user': 'ann', 'x-other': 'stays' });
  expect(JSON.stringify(all)).not.toContain('root');
});

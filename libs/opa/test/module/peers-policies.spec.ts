import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { CanActivate, ExecutionContext, INestApplication } from '@nestjs/common';
import { Body, Controller, Get, Headers, Post, UseGuards, UseInterceptors } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaGuard, OpaInterceptor, OpaModule } from 'nestjs-opa';
import type { OpaServer } from 'nestjs-opa/testing';
import { startOpa } from 'nestjs-opa/testing';
import { opaBinary } from '../engines/support/opa.js';
import { peerPolicies } from './fixtures/peer-policies.js';

/** The input of that library, as an application builds it that has such policies. */
function springInput(context: ExecutionContext): object {
  const request = context.switchToHttp().getRequest<SpringRequest>();
  return {
    resource: { type: 'endpoint', id: request.url.split('?')[0] },
    action: {
      name: request.method,
      protocol: 'HTTP/1.1',
      headers: { 'x-tenant': request.headers['x-tenant'] },
    },
    context: { type: 'http', ip: request.ip },
    subject: request.user ?? { type: 'anonymous' },
  };
}

interface SpringRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ip: string;
  readonly user?: object;
}

const token = (payload: object): string =>
  [{ alg: 'HS256' }, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.') + '.c2ln';

@Controller('people')
@UseGuards(OpaGuard)
@UseInterceptors(OpaInterceptor)
class People {
  @Get('list') list(@Headers() headers: Record<string, string>) {
    return headers;
  }
  @Post() write(@Body() body: object) {
    return body;
  }
}

/** Takes the user from a header, as an authentication guard would from a token. */
const authenticate: CanActivate = {
  canActivate: (context: ExecutionContext) => {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: unknown }>();
    const user = request.headers['x-test-user'];
    if (user !== undefined) request.user = JSON.parse(user);
    return true;
  },
};

const adapters = { express: () => new ExpressAdapter(), fastify: () => new FastifyAdapter() };

describe.each(['express', 'fastify'] as const)(
  'policies written for other enforcement points, on %s',
  (adapter) => {
    let opa: OpaServer;
    let app: INestApplication;
    let url: string;

    beforeAll(async () => {
      opa = await startOpa({ rego: peerPolicies, binary: await opaBinary() });
    });
    afterAll(() => opa.stop());
    afterEach(() => app.close());

    const start = async (options: OpaModuleOptions): Promise<void> => {
      const module = await Test.createTestingModule({
        imports: [OpaModule.forRoot({ url: opa.url, ...options })],
        controllers: [People],
      }).compile();
      app = module.createNestApplication(adapters[adapter](), { logger: false });
      app.useGlobalGuards(authenticate);
      await app.listen(0, '127.0.0.1');
      url = await app.getUrl();
    };
    const get = (headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${url}/people/list`, { headers, redirect: 'manual' });
    const post = (query: string, body: object, headers: Record<string, string>): Promise<Response> =>
      fetch(`${url}/people${query}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });

    describe('policies for opa-envoy-plugin', () => {
      const envoy: OpaModuleOptions = {
        policy: 'envoy/authz/result',
        input: { shape: 'envoy', headers: ['authorization'], body: { maxBytes: 1_000 } },
        policyHeaders: ['x-authz-*'],
      };
      const bearer = (roles: string[]): Record<string, string> => ({
        authorization: `Bearer ${token({ sub: 'ann', roles })}`,
      });

      it('set and remove headers of an allowed request and of its response', async () => {
        await start(envoy);
        const response = await get({ ...bearer(['guest', 'x']), 'x-internal': '1', 'x-other': '2' });
        expect([response.status, response.headers.get('x-served-by')]).toEqual([200, 'people']);
        expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
        const headers = (await response.json()) as Record<string, unknown>;
        expect(headers).toMatchObject({
          'x-authz-subject': 'ann',
          'x-authz-roles': ['guest', 'x'],
          'x-other': '2',
        });
        for (const name of ['x-internal', 'authorization']) expect(headers).not.toHaveProperty([name]);
        expect(response.headers.has('x-authz-subject')).toBe(false);
      });

      it('read path, query and body', async () => {
        await start(envoy);
        const admin = bearer(['admin']);
        const written = await post('?notify=true', { name: 'bob' }, admin);
        expect([written.status, await written.json()]).toEqual([201, { name: 'bob' }]);
        expect((await post('?notify=true', { name: 'root' }, admin)).status).toBe(401);
        expect((await post('?notify=true&notify=no', { name: 'bob' }, admin)).status).toBe(401);
        expect((await post('?notify=true', { name: 'b'.repeat(1_000) }, admin)).status).toBe(401);
      });

      it('set status, headers and body of a denial', async () => {
        await start(envoy);
        const response = await get(bearer(['nobody']));
        expect([response.status, response.headers.get('x-reason')]).toEqual([401, 'role']);
        expect([response.headers.get('content-type'), await response.text()]).toEqual([
          'text/plain; charset=utf-8',
          'Unauthorized Request',
        ]);
        const unknown = await get();
        expect([unknown.status, unknown.headers.get('location')]).toEqual([302, '/login']);
        expect(unknown.headers.has('x-served-by')).toBe(false);
      });

      it('remove client headers that the policy owns and does not set', async () => {
        await start(envoy);
        const forged = { 'x-authz-level': 'root', 'X-Authz-Subject': 'eve' };
        const headers = (await (await get({ ...bearer(['guest']), ...forged })).json()) as Record<
          string,
          unknown
        >;
        expect(headers).toMatchObject({ 'x-authz-subject': 'ann' });
        expect(headers).not.toHaveProperty('x-authz-level');
      });
    });

    describe("policies for OPA's Spring Boot library", () => {
      const spring: OpaModuleOptions = { policy: 'spring/decision', input: { shape: 'authzen' } };
      const user = (authorities: string[]): Record<string, string> => ({
        'x-test-user': JSON.stringify({ type: 'java_authentication', id: 'ann', authorities }),
      });

      it('allow by subject, action, resource and context', async () => {
        await start(spring);
        expect((await get(user(['ROLE_reader']))).status).toBe(200);
      });

      it('receive their own input from a function that builds it', async () => {
        await start({ policy: 'endpoint/main', input: { shape: springInput } });
        const reader = {
          type: 'java_authentication',
          id: 'ann',
          authorities: [{ authority: 'ROLE_reader' }],
        };
        const headers = { 'x-tenant': 'acme', 'x-test-user': JSON.stringify(reader) };
        expect((await get(headers)).status).toBe(200);
        expect((await get({ ...headers, 'x-tenant': 'other' })).status).toBe(403);
        expect((await get({ 'x-tenant': 'acme' })).status).toBe(403);
      });

      it('return the reasons for users, not those for administrators', async () => {
        await start(spring);
        const denied = await post('', {}, user(['ROLE_reader']));
        expect(denied.status).toBe(403);
        const body = (await denied.json()) as { reasons: string[] };
        expect(body.reasons.sort()).toEqual(['Schreiben geht nicht.', 'You may not write.']);
        const anonymous = await get();
        expect([anonymous.status, await anonymous.json()]).toEqual([
          403,
          { statusCode: 403, error: 'Forbidden', message: 'Forbidden by policy', reasons: ['no rule fits'] },
        ]);
      });
    });

    it.each([
      ['ann', 200],
      ['bob', 403],
    ])('may be a boolean: %s', async (id, status) => {
      await start({ policy: 'plain/allow', policyHeaders: ['x-authz-*'] });
      const response = await get({ 'x-test-user': JSON.stringify({ id }), 'x-authz-role': 'root' });
      expect(response.status).toBe(status);
      expect(await response.text()).not.toContain('x-authz-role');
    });
  },
);

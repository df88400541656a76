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

// As somebody would write it for opa-envoy-plugin: a result object made of rules.
const ENVOY = `package envoy.authz

import input.attributes.request.http as http_request

default allow := false

allow if action_allowed

action_allowed if {
  http_request.method == "GET"
  input.parsed_path == ["people", "list"]
  is_role("guest")
}

action_allowed if {
  http_request.method == "POST"
  input.parsed_path[0] == "people"
  input.parsed_query.notify == ["true"]
  input.parsed_body.name != "root"
  is_role("admin")
}

is_role(role) if token.payload.roles[_] == role

token := {"payload": payload} if {
  [scheme, encoded] := split(http_request.headers.authorization, " ")
  scheme == "Bearer"
  [_, payload, _] := io.jwt.decode(encoded)
}

headers["x-authz-subject"] := token.payload.sub if allow
headers["x-authz-roles"] := token.payload.roles if allow
headers["location"] := "/login" if not token
headers["x-reason"] := "role" if {
  token
  not allow
}

status_code := 200 if allow
else := 401 if token
else := 302

body := "Unauthorized Request" if not allow

result["allowed"] := allow
result["headers"] := headers
result["http_status"] := status_code
result["body"] := body
result["response_headers_to_add"] := {"x-served-by": "people"} if allow
result["request_headers_to_remove"] := ["x-internal", "authorization"] if allow
result["dynamic_metadata"] := {"anything": true}
`;

// As somebody would write it for OPA's Spring Boot library.
const SPRING = `package spring

default decision := {"decision": false, "context": {"id": "0", "reason_user": {"en": "no rule fits"}}}

decision := {"decision": true, "context": {"id": "1", "data": {"level": "gold"}}} if {
  input.action.name == "GET"
  input.resource.id == "/people/list"
  "ROLE_reader" in input.subject.authorities
  input.context.ip
} else := {"decision": false, "context": {
  "id": "2",
  "reason_admin": {"en": "the authority ROLE_writer is missing"},
  "reason_user": {"en": "You may not write.", "de": "Schreiben geht nicht."},
}} if {
  input.action.name == "POST"
  input.subject.type != "anonymous"
}
`;

const PLAIN = `package plain

default allow := false

allow if input.subject.id == "ann"
`;

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

describe.each(['express', 'fastify'] as const)('policies of others on %s', (adapter) => {
  let opa: OpaServer;
  let app: INestApplication;
  let url: string;

  beforeAll(async () => {
    const rego = { 'envoy.rego': ENVOY, 'spring.rego': SPRING, 'plain.rego': PLAIN };
    opa = await startOpa({ rego, binary: await opaBinary() });
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

  describe('opa-envoy-plugin', () => {
    const envoy: OpaModuleOptions = {
      policy: 'envoy/authz/result',
      input: { shape: 'envoy', headers: ['authorization'], body: { maxBytes: 1_000 } },
      policyHeaders: ['x-authz-*'],
    };
    const bearer = (roles: string[]): Record<string, string> => ({
      authorization: `Bearer ${token({ sub: 'ann', roles })}`,
    });

    it('sets and takes away headers of an allowed request, and sets those of its answer', async () => {
      await start(envoy);
      const response = await get({ ...bearer(['guest', 'x']), 'x-internal': '1', 'x-other': '2' });
      expect([response.status, response.headers.get('x-served-by')]).toEqual([200, 'people']);
      const seen = (await response.json()) as Record<string, unknown>;
      expect(seen).toMatchObject({
        'x-authz-subject': 'ann',
        'x-authz-roles': ['guest', 'x'],
        'x-other': '2',
      });
      for (const name of ['x-internal', 'authorization']) expect(seen).not.toHaveProperty([name]);
      expect(response.headers.has('x-authz-subject')).toBe(false);
    });

    it('reads path, query and body', async () => {
      await start(envoy);
      const admin = bearer(['admin']);
      const written = await post('?notify=true', { name: 'bob' }, admin);
      expect([written.status, await written.json()]).toEqual([201, { name: 'bob' }]);
      expect((await post('?notify=true', { name: 'root' }, admin)).status).toBe(401);
      expect((await post('?notify=true&notify=no', { name: 'bob' }, admin)).status).toBe(401);
      expect((await post('?notify=true', { name: 'b'.repeat(1_000) }, admin)).status).toBe(401);
    });

    it('gives status, headers and body of a denial', async () => {
      await start(envoy);
      const known = await get(bearer(['nobody']));
      expect([known.status, known.headers.get('x-reason')]).toEqual([401, 'role']);
      expect(await known.text()).toContain('Unauthorized Request');
      const unknown = await get();
      expect([unknown.status, unknown.headers.get('location')]).toEqual([302, '/login']);
      expect(unknown.headers.has('x-served-by')).toBe(false);
    });

    it('clears the headers that the policy owns and does not set', async () => {
      await start(envoy);
      const forged = { 'x-authz-level': 'root', 'X-Authz-Subject': 'eve' };
      const seen = (await (await get({ ...bearer(['guest']), ...forged })).json()) as Record<string, unknown>;
      expect(seen).toMatchObject({ 'x-authz-subject': 'ann' });
      expect(seen).not.toHaveProperty('x-authz-level');
    });
  });

  describe("OPA's Spring Boot library", () => {
    const spring: OpaModuleOptions = { policy: 'spring/decision', input: { shape: 'authzen' } };
    const user = (authorities: string[]): Record<string, string> => ({
      'x-test-user': JSON.stringify({ type: 'java_authentication', id: 'ann', authorities }),
    });

    it('lets through by subject, action, resource and context', async () => {
      await start(spring);
      expect((await get(user(['ROLE_reader']))).status).toBe(200);
    });

    it('gives the reasons for users, not those for administrators', async () => {
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
  ])('a boolean: %s', async (id, status) => {
    await start({ policy: 'plain/allow', policyHeaders: ['x-authz-*'] });
    const response = await get({ 'x-test-user': JSON.stringify({ id }), 'x-authz-role': 'root' });
    expect(response.status).toBe(status);
    expect(await response.text()).not.toContain('x-authz-role');
  });
});

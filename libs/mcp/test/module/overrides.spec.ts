import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import type { CanActivate } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { TestingModuleBuilder } from '@nestjs/testing';
import type { AddressInfo, Server } from 'node:net';
import { OpaModule, OpaService } from 'nestjs-opa';
import { McpGatewayModule } from 'nestjs-opa-mcp';
import { Cleanup } from '../../../../test/gateway/support/cleanup.js';
import { send } from '../../../../test/gateway/support/client.js';
import { tool } from '../../../../test/gateway/mcp/support/mcp-gateway.js';
import { reply, textResult, startScripted } from '../../../../test/gateway/mcp/support/scripted-server.js';
import type { ScriptedServer } from '../../../../test/gateway/mcp/support/scripted-server.js';
import { HEADERS } from './support.js';

const PAGE = 'https://page.example';
const cleanup = new Cleanup();
let upstream: ScriptedServer;
beforeAll(async () => {
  upstream = cleanup.add(await startScripted(), ({ close }) => close());
  upstream.respond = ({ message }, response) => reply(response, textResult(message, 'found'));
});
afterAll(() => cleanup.run());

/** The users whom the guard admits: none. */
@Injectable()
class Users {
  readonly isOpen: boolean = false;
}

@Injectable()
class UsersGuard implements CanActivate {
  constructor(private readonly users: Users) {}

  canActivate(): boolean {
    return this.users.isOpen;
  }
}

type Prepare = (builder: TestingModuleBuilder) => TestingModuleBuilder;

/** Starts an application whose guard refuses everyone, and whose mocked OpaService allows everything. */
async function start(platform: 'express' | 'fastify', override: Prepare, prefix = ''): Promise<number> {
  @Module({
    imports: [
      OpaModule.forRoot({ url: 'http://127.0.0.1:1', ready: false }),
      McpGatewayModule.forRoot({
        servers: [{ name: 'up', url: `${upstream.url}/mcp`, policy: 'mcp/request', origins: [PAGE] }],
        authorizationServers: ['https://issuer.example'],
        guards: [UsersGuard],
        extraProviders: [Users],
      }),
      RouterModule.register([{ path: '/ai', children: [{ path: 'tools/', module: McpGatewayModule }] }]),
    ],
  })
  class AppModule {}
  const builder = Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(OpaService)
    .useValue({ decide: () => Promise.resolve({ allowed: true }) });
  const module = await override(builder).compile();
  const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();
  const app = cleanup.add(module.createNestApplication(adapter, { rawBody: true, logger: false }), (opened) =>
    opened.close(),
  );
  if (prefix !== '') app.setGlobalPrefix(prefix);
  await app.listen(0, '127.0.0.1');
  return ((app.getHttpServer() as Server).address() as AddressInfo).port;
}

const call = (port: number, path = '/ai/tools/mcp/up') =>
  send(port, { path, method: 'POST', headers: HEADERS, body: JSON.stringify(tool('any')) });

const OVERRIDES: readonly (readonly [name: string, status: number, override: Prepare])[] = [
  ['no override', 403, (builder) => builder],
  [
    'overrideGuard',
    200,
    (builder) => builder.overrideGuard(UsersGuard).useValue({ canActivate: () => true }),
  ],
  [
    "overrideProvider of the guard's dependency",
    200,
    (builder) => builder.overrideProvider(Users).useValue({ isOpen: true }),
  ],
];

describe.each(['express', 'fastify'] as const)('a testing module on %s', (platform) => {
  it.each(OVERRIDES)('with %s: status %i, and a preflight passes', async (_name, status, override) => {
    const port = await start(platform, override);
    expect((await call(port)).status).toBe(status);
    const headers = { origin: PAGE, 'access-control-request-method': 'POST' };
    const preflight = await send(port, { path: '/ai/tools/mcp/up', method: 'OPTIONS', headers });
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([204, PAGE]);
    const options = await send(port, { path: '/ai/tools/mcp/up', method: 'OPTIONS' });
    expect(options.status).toBe(status === 200 ? 405 : 403);
  });

  it.each(['', 'v1'])(
    'with RouterModule and the global prefix "%s": clients find the metadata',
    async (prefix) => {
      const port = await start(
        platform,
        (builder) => builder.overrideGuard(UsersGuard).useValue({ canActivate: () => true }),
        prefix,
      );
      const path = `${prefix && `/${prefix}`}/ai/tools/mcp/up`;
      expect((await call(port, path)).status).toBe(200);
      const metadata = await send(port, { path: `/.well-known/oauth-protected-resource${path}` });
      expect(metadata.json()).toMatchObject({ resource: `http://127.0.0.1:${port}${path}` });
    },
  );
});

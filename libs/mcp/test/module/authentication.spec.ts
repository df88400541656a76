import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Module, UnauthorizedException } from '@nestjs/common';
import type { CanActivate, DynamicModule, ExecutionContext } from '@nestjs/common';
import { McpGatewayModule } from 'nestjs-opa-mcp';
import type { McpGatewayOptions } from 'nestjs-opa-mcp';
import { Cleanup } from '../../../../test/gateway/support/cleanup.js';
import { send } from '../../../../test/gateway/support/client.js';
import { startOpa } from '../../../../test/gateway/support/opa-process.js';
import { tool } from '../../../../test/gateway/mcp/support/mcp-gateway.js';
import { DECIDED, POLICIES } from '../../../../test/gateway/mcp/support/policies.js';
import { reply, textResult, startScripted } from '../../../../test/gateway/mcp/support/scripted-server.js';
import type { ScriptedServer } from '../../../../test/gateway/mcp/support/scripted-server.js';
import { opaModule, startModules } from './support.js';
import type { Started } from './support.js';

const ISSUER = 'https://issuer.example';
const cleanup = new Cleanup();
let opaUrl: string;
let upstream: ScriptedServer;
beforeAll(async () => {
  opaUrl = cleanup.add(await startOpa({ rego: POLICIES }), ({ kill }) => kill()).url;
  upstream = cleanup.add(await startScripted(), ({ close }) => close());
  upstream.respond = ({ message }, response) => reply(response, textResult(message, 'found'));
});
afterAll(() => cleanup.run());

async function start(platform: 'express' | 'fastify', module: DynamicModule): Promise<Started> {
  const setup = { platform, body: 'rawBody' } as const;
  return cleanup.add(await startModules(setup, [opaModule(opaUrl), module]), ({ app }) => app.close());
}

/** The users that the application knows. */
@Injectable()
class Users {
  readonly names: readonly string[] = ['alice', 'bob'];
}

@Module({ providers: [Users], exports: [Users] })
class UsersModule {}

/** Makes the challenge of a refused caller. */
@Injectable()
class Realm {
  readonly name = 'shop';
}

/** A guard with a dependency of its constructor, and one of a property. */
@Injectable()
class UserGuard implements CanActivate {
  @Inject(Realm) private readonly realm!: Realm;

  constructor(private readonly users: Users) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const request = http.getRequest<{ headers: Record<string, string>; user?: object }>();
    const name = request.headers['x-user'] ?? '';
    if (this.users.names.includes(name)) {
      request.user = { sub: name };
      return true;
    }
    const response = http.getResponse<{ header(name: string, value: string): void }>();
    response.header('www-authenticate', `Bearer realm="${this.realm.name}"`);
    throw new UnauthorizedException();
  }
}

const guarded = { guards: [UserGuard], guardImports: [UsersModule], extraProviders: [Realm] };
const options = (): McpGatewayOptions => ({
  servers: [{ name: 'up', url: `${upstream.url}/mcp`, origins: ['https://page.example'], ...DECIDED }],
  authorizationServers: [ISSUER],
});

@Injectable()
class OptionsFactory {
  createMcpGatewayOptions(): McpGatewayOptions {
    return options();
  }
}

@Module({ providers: [OptionsFactory], exports: [OptionsFactory] })
class OptionsModule {}

const FORMS: readonly (readonly [form: string, module: () => DynamicModule])[] = [
  ['forRoot', () => McpGatewayModule.forRoot({ ...options(), ...guarded })],
  [
    'forRootAsync with useFactory',
    () =>
      McpGatewayModule.forRootAsync({
        ...guarded,
        imports: [OptionsModule],
        inject: [OptionsFactory],
        useFactory: (factory: OptionsFactory) => Promise.resolve(factory.createMcpGatewayOptions()),
      }),
  ],
  [
    'forRootAsync with useClass',
    () => McpGatewayModule.forRootAsync({ ...guarded, useClass: OptionsFactory }),
  ],
  [
    'forRootAsync with useExisting',
    () =>
      McpGatewayModule.forRootAsync({ ...guarded, imports: [OptionsModule], useExisting: OptionsFactory }),
  ],
];
const PLATFORMS = ['express', 'fastify'] as const;

describe.each(PLATFORMS.flatMap((platform) => FORMS.map(([form, module]) => ({ platform, form, module }))))(
  'a guard with dependencies, on $platform, by $form',
  ({ platform, module }) => {
    it('admits the users that the application knows, and lets a preflight pass', async () => {
      const { port, post } = await start(platform, module());
      expect((await post(tool('mine'), { user: 'bob' })).json()).toHaveProperty('result');
      expect((await post(tool('mine'), { user: 'alice' })).json()).toHaveProperty('error.code', -32001);
      const refused = await post(tool('mine'), { user: 'mallory' });
      expect([refused.status, refused.headers['www-authenticate']]).toEqual([
        401,
        `Bearer realm="shop", resource_metadata="http://127.0.0.1:${port}/.well-known/oauth-protected-resource/mcp/up"`,
      ]);
      const preflight = await send(port, {
        path: '/mcp/up',
        method: 'OPTIONS',
        headers: { origin: 'https://page.example', 'access-control-request-method': 'POST' },
      });
      expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([
        204,
        'https://page.example',
      ]);
    });
  },
);

describe.each(PLATFORMS)('claims and publicUrl, on %s', (platform) => {
  it('show policies what the option gives', async () => {
    const claims: McpGatewayOptions['claims'] = ({ headers }) => ({ sub: headers['x-user'] });
    const module = McpGatewayModule.forRoot({ ...options(), claims });
    const { post } = await start(platform, module);
    expect((await post(tool('mine'), { user: 'bob' })).json()).toHaveProperty('result');
    expect((await post(tool('mine'), { user: 'alice' })).json()).toHaveProperty('error.code', -32001);
  });

  it('name the public address in metadata and challenges, and accept its Host', async () => {
    const module = McpGatewayModule.forRoot({
      ...options(),
      ...guarded,
      publicUrl: 'https://app.example/base/',
    });
    const { port, post } = await start(platform, module);
    const path = '/.well-known/oauth-protected-resource/base/mcp/up';
    const host = 'app.example';
    const refused = await post(tool('x'), { headers: { host } });
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([
      401,
      `Bearer realm="shop", resource_metadata="https://app.example${path}"`,
    ]);
    expect((await send(port, { path, headers: { host } })).json()).toEqual({
      resource: 'https://app.example/base/mcp/up',
      authorization_servers: [ISSUER],
      bearer_methods_supported: ['header'],
    });
    expect((await post(tool('x'), { user: 'bob', headers: { host } })).status).toBe(200);
    expect((await post(tool('x'), { user: 'bob', headers: { host: 'evil.example' } })).status).toBe(403);
  });
});

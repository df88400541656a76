import { Module } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { OpaModule, OpaService } from 'nestjs-opa';
import type { OpaModuleOptions } from 'nestjs-opa';
import { LimitObligation } from 'nestjs-opa/limit';
import { McpGatewayModule } from 'nestjs-opa-mcp';
import { McpGateway, PublicUrl } from 'nestjs-opa-mcp/internal';
import type { Plugins } from 'nestjs-opa-mcp/internal';
import { z } from 'zod';
import { adminController } from './admin/admin.controller.js';
import { AuthGuard, issuerMetadataController, metadataPaths } from './auth/index.js';
import type { Authentication, UserRequest } from './auth/index.js';
import { ConfigError, sessionKey } from './config/index.js';
import type { Environment, GatewayConfig } from './config/index.js';
import { HealthController } from './health/health.controller.js';
import { Drain } from './http/index.js';
import { OpaInstances } from './instances/opa-instances.js';
import { Cors } from './rest/cors.js';
import { restController } from './rest/rest.controller.js';
import { Upstream } from './rest/upstream.js';
import { RedisConnection } from './redis/redis-connection.js';

// OpaModule checks its options and stops the start for wrong header names. Ignore wrong names here.
const HEADER_NAMES = z.array(z.string().toLowerCase()).catch([]);

const NEEDS_KEY =
  'redis: the records of MCP sessions are encrypted. Set GATEWAY_SESSION_KEY to a secret of at least 32 characters, the same for all replicas';

/** The gateway: a guarded controller for each upstream, the MCP servers, the health routes and the admin routes. */
@Module({})
export class GatewayModule {
  static forConfig(
    config: GatewayConfig,
    authentication: Authentication,
    plugins: Plugins,
    env: Environment,
  ): DynamicModule {
    // The options are unchecked here. OpaModule checks them and stops the start when an option is wrong.
    const opa = config.opa as OpaModuleOptions;
    const policyHeaders = HEADER_NAMES.parse(opa.policyHeaders);
    const { maxHeaderBytes } = config.listen;
    const settings = { policyHeaders, maxHeaderBytes, publicUrl: new PublicUrl(config.listen.publicUrl) };
    const upstreams = config.upstreams.map(
      (entry) => new Upstream(entry, entry.policy ?? opa.policy ?? '', settings),
    );
    const redis = config.redis && new RedisConnection(config.redis.url);
    return {
      module: GatewayModule,
      imports: [
        OpaModule.forRoot(usesOpa(config, plugins) ? opa : idle(opa)),
        ...(config.mcp.length === 0 ? [] : [mcpModule(config, authentication, env, redis)]),
      ],
      controllers: [
        HealthController,
        ...[config.admin ?? []]
          .flat()
          .map(({ policy }) => adminController(policy, new AuthGuard(authentication))),
        ...proxiedMetadata(config),
        ...upstreams.map((upstream) =>
          restController(upstream, new AuthGuard(authentication, () => upstream.entry)),
        ),
      ],
      providers: [
        Drain,
        { provide: LimitObligation, useValue: new LimitObligation({ redis: redis?.client }) },
        ...(redis === undefined ? [] : [{ provide: RedisConnection, useValue: redis }]),
        {
          provide: Cors,
          useFactory: (host: HttpAdapterHost<FastifyAdapter>) => new Cors(host.httpAdapter, upstreams),
          inject: [HttpAdapterHost],
        },
        {
          provide: OpaInstances,
          useFactory: (own: OpaService, mcp?: McpGateway) => new OpaInstances(own, upstreams.length > 0, mcp),
          inject: [OpaService, { token: McpGateway, optional: true }],
        },
      ],
    };
  }
}

/** The controller of the issuer's metadata, with `auth.proxyMetadata`. */
function proxiedMetadata({ auth, mcp, listen }: GatewayConfig): Type[] {
  if (auth?.proxyMetadata !== true) return [];
  const publicUrl = new PublicUrl(listen.publicUrl);
  const servers = mcp.map(({ name }) => `/mcp/${name}`);
  const resources = [...servers, ...servers.map((path) => publicUrl.pathOf(path))];
  const prefix = publicUrl.prefix === '' ? [] : [publicUrl.prefix];
  return [issuerMetadataController(auth.issuer, metadataPaths([...prefix, ...resources]))];
}

function mcpModule(
  { mcp, auth, listen }: GatewayConfig,
  authentication: Authentication,
  env: Environment,
  redis: RedisConnection | undefined,
): DynamicModule {
  const key = sessionKey(env);
  const entries = new Map(mcp.map((entry) => [entry.name, entry]));
  if (redis !== undefined && key === undefined) throw new ConfigError(NEEDS_KEY);
  return McpGatewayModule.forRoot({
    servers: mcp,
    guards: [
      new AuthGuard(authentication, ({ params }) => entries.get((params as { name?: string }).name ?? '')),
    ],
    // Pass the claims of the token, because `user` has additional members.
    claims: (request) => (request as UserRequest).claims,
    maxBufferedBytes: listen.maxBufferedBytes,
    maxHeaderBytes: listen.maxHeaderBytes,
    ...(listen.publicUrl !== undefined && { publicUrl: listen.publicUrl }),
    ...(auth !== undefined && {
      audience: auth.audience,
      scopes: auth.scopes,
      authorizationServers: [auth.issuer],
    }),
    ...(key !== undefined && { sessionKey: key }),
    ...(redis !== undefined && { redis: redis.client }),
  });
}

/** Whether the gateway's instance decides any request. The instances of plugins may decide all requests. */
function usesOpa({ upstreams, mcp, admin }: GatewayConfig, { entries }: Plugins): boolean {
  const plugins = [...entries.values()].flat();
  const isOwn = plugins.some(({ instance }) => instance === undefined);
  return admin !== undefined || isOwn || upstreams.length + mcp.length > entries.size;
}

/** The options for an instance that decides no request. The start of this instance does not need OPA. */
function idle(opa: OpaModuleOptions): OpaModuleOptions {
  return { ...opa, ready: false, warmup: false, verifyPolicies: false };
}

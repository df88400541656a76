import { Module } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import type { OpaModuleOptions } from 'nestjs-opa';
import {
  BodyBudget,
  enforcerOf,
  HeaderRules,
  isLoopback,
  mcpController,
  McpServer,
  metadataController,
  SessionSeal,
  StandingStreams,
} from 'nestjs-opa-mcp/internal';
import type { McpSettings, Plugins } from 'nestjs-opa-mcp/internal';
import { z } from 'zod';
import { adminController } from './admin/admin.controller.js';
import { AUTHENTICATION, McpAuthGuard } from './auth/index.js';
import type { Authentication } from './auth/index.js';
import { sessionKey } from './config/index.js';
import type { Environment, GatewayConfig } from './config/index.js';
import { HealthController } from './health/health.controller.js';
import { Drain } from './http/index.js';
import { instancesOf } from './instances/instances-of.js';
import { restController } from './rest/rest.controller.js';
import { Upstream } from './rest/upstream.js';

// Wrong ones stop the start in the module, as all its options.
const HEADER_NAMES = z.array(z.string().toLowerCase()).catch([]);

const INPUT = z.object({ headers: HEADER_NAMES }).catch({ headers: [] });

/** The gateway: a guarded controller for each upstream and MCP server, and the health routes. */
@Module({})
export class GatewayModule {
  static forConfig(
    config: GatewayConfig,
    authentication: Authentication,
    plugins: Plugins,
    env: Environment,
  ): DynamicModule {
    // Unchecked until here: the module checks its options itself, and stops the start when they are wrong.
    const opa = config.opa as OpaModuleOptions;
    const policyHeaders = HEADER_NAMES.parse(opa.policyHeaders);
    const upstreams = config.upstreams.map(
      (entry) => new Upstream(entry, entry.policy ?? opa.policy ?? '', policyHeaders),
    );
    const settings: McpSettings = {
      headers: new HeaderRules(INPUT.parse(opa.input).headers, policyHeaders),
      seal: new SessionSeal(sessionKey(env)),
      bodies: new BodyBudget(config.listen.maxBufferedBytes),
      local: isLoopback(config.listen.host),
      audience: config.auth?.audience,
    };
    const servers = config.mcp.map((entry) => new McpServer(entry, settings));
    const instances = instancesOf(config, opa, plugins);
    return {
      module: GatewayModule,
      imports: instances.modules,
      controllers: [
        HealthController,
        ...[config.admin ?? []].flat().map((admin) => adminController(admin.policy)),
        ...upstreams.map(restController),
        ...servers.flatMap((server) => mcpControllers(server, config, authentication)),
      ],
      providers: [
        Drain,
        StandingStreams,
        { provide: AUTHENTICATION, useValue: authentication },
        instances.provider,
        ...servers.map((server) =>
          enforcerOf(server, opa.policy ?? '', plugins.entries.get(server.entry.name)),
        ),
      ],
    };
  }
}

function mcpControllers(server: McpServer, { auth }: GatewayConfig, authentication: Authentication): Type[] {
  const controller = mcpController(server, [new McpAuthGuard(authentication, server.entry.name)]);
  return auth === undefined ? [controller] : [controller, metadataController(server, auth.issuer)];
}

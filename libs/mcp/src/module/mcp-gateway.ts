import { Inject, Injectable, Logger } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core';
import type { AddressInfo, Server } from 'node:net';
import { OpaError } from 'nestjs-opa';
import type { OpaService } from 'nestjs-opa';
import { ObligationExecutor } from 'nestjs-opa/internal';
import { loadPlugins } from '../contextforge/plugins.js';
import type { EntryPlugin } from '../contextforge/plugins.js';
import { PluginEnforcer } from '../contextforge/plugin-enforcer.js';
import { BodyBudget } from '../http/body-budget.js';
import { LostBodies } from '../http/lost-bodies.js';
import { McpServer } from '../http/mcp-server.js';
import type { DecidedServer, McpSettings } from '../http/mcp-server.js';
import { isLoopback } from '../http/origin-rule.js';
import { PublicUrl } from '../http/public-url.js';
import { ServerUrls } from '../http/server-urls.js';
import { checkOptions } from '../options/options.schema.js';
import type { McpGatewaySettings } from '../options/options.schema.js';
import type { McpGatewayOptions } from '../options/options.js';
import { McpPolicyEnforcer } from '../policy/policy-enforcer.js';
import { OutputSchemas } from '../protocol/output-schemas.js';
import { openRecords } from '../session/open-records.js';
import { SessionSeal } from '../session/session-seal.js';
import { HeaderRules } from '../upstream/header-rules.js';
import { listTools } from '../upstream/list-tools.js';
import { MCP_GATEWAY_OPTIONS } from './mcp-gateway.module-definition.js';
import { routePrefixOf } from './mcp-route.js';
import { findOpaInstance } from './opa-instance.js';
import type { OpaInstance } from './opa-instance.js';
import { PluginInstances } from './plugin-instances.js';
import { policyOf } from './policy-of.js';
import { serveMetadata } from './resource-metadata.js';

/**
 * One host for each application that has the module. Two modules would serve the same path: Express would give every
 * request to the first one, and Fastify would refuse the second one.
 */
const served = new WeakSet<HttpAdapterHost>();

/** The MCP servers of the module, each with the enforcer that decides its messages. */
@Injectable()
export class McpGateway implements OnModuleInit, OnApplicationShutdown {
  /** The module's validated options. */
  readonly settings: McpGatewaySettings;
  private readonly servers = new Map<string, DecidedServer>();
  private ownDecides = false;

  constructor(
    @Inject(MCP_GATEWAY_OPTIONS) options: McpGatewayOptions,
    @Inject(ModuleRef) private readonly modules: ModuleRef,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(ApplicationConfig) private readonly application: ApplicationConfig,
    @Inject(ModulesContainer) private readonly container: ModulesContainer,
    @Inject(PluginInstances) private readonly instances: PluginInstances,
  ) {
    if (served.has(host)) {
      throw new OpaError(
        'OPA_BAD_OPTIONS',
        'McpGatewayModule: the application imports a second McpGatewayModule. Import the module once, with the entries of ' +
          'all MCP servers in "servers".',
      );
    }
    served.add(host);
    this.settings = checkOptions(options);
  }

  /** Whether the application's own instance of OpaModule decides the messages of at least one server. */
  get usesOwnInstance(): boolean {
    return this.ownDecides;
  }

  /** The services that decide for plugins with their own options. */
  get pluginServices(): ReadonlyMap<string, OpaService> {
    return this.instances.services;
  }

  /** Finds a server by its name; `undefined` when no server has the name. */
  find(name: string): DecidedServer | undefined {
    return this.servers.get(name);
  }

  async onModuleInit(): Promise<void> {
    const opa = findOpaInstance(this.modules);
    const { servers, authorizationServers } = this.settings;
    const publicUrl = new PublicUrl(this.settings.publicUrl);
    const { entries, warnings } = await loadPlugins(servers, opa.runtime.options);
    for (const warning of warnings) new Logger('Mcp').warn(warning);
    const shared = this.sharedSettings(opa);
    const host = [...this.container.values()].find((module) => module.hasProvider(McpGateway));
    const prefix = routePrefixOf(this.application, this.container, host?.metatype);
    for (const entry of servers) {
      const urls = new ServerUrls(`${prefix}/mcp/${entry.name}`, publicUrl);
      const server = new McpServer(entry, shared, urls);
      const enforcer = await this.enforcerOf(server, opa, entries.get(entry.name));
      this.servers.set(entry.name, { server, enforcer });
      if (authorizationServers !== undefined) {
        serveMetadata(this.host.httpAdapter, server, authorizationServers);
      }
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.servers.values()].map(({ server }) => server.upstream.close()));
  }

  private sharedSettings({ runtime }: OpaInstance): McpSettings {
    const { sessionKey, maxBufferedBytes, maxHeaderBytes, audience, scopes } = this.settings;
    const { input, policyHeaders } = runtime.settings;
    return {
      headers: new HeaderRules(input?.headers ?? [], policyHeaders),
      seal: new SessionSeal(sessionKey),
      records: (server) => openRecords(this.settings, server),
      bodies: new BodyBudget(maxBufferedBytes),
      lostBodies: new LostBodies(),
      isLocal: () => {
        const address = (this.host.httpAdapter.getHttpServer() as Server).address() as AddressInfo | null;
        return isLoopback(address?.address ?? '');
      },
      audience,
      scopes,
      maxHeaderBytes,
      hasMetadata: this.settings.authorizationServers !== undefined,
    };
  }

  private async enforcerOf(
    server: McpServer,
    { service, runtime }: OpaInstance,
    plugins: readonly EntryPlugin[] | undefined,
  ): Promise<DecidedServer['enforcer']> {
    const { entry } = server;
    const schemas = new OutputSchemas((call) => listTools(server, call));
    const executor = this.modules.get(ObligationExecutor, { strict: false });
    if (plugins !== undefined) {
      this.ownDecides ||= plugins.some(({ instance }) => instance === undefined);
      return new PluginEnforcer(await this.instances.serve(plugins, service), schemas, executor);
    }
    this.ownDecides = true;
    const policies = { ...entry, policy: policyOf(entry, runtime.settings) };
    return new McpPolicyEnforcer(service, policies, schemas, executor, server.listedTools);
  }
}

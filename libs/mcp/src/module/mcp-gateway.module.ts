import { Module } from '@nestjs/common';
import type { ConfigurableModuleAsyncOptions, DynamicModule } from '@nestjs/common';
import { OpenStreams } from '../session/open-streams.js';
import { McpGateway } from './mcp-gateway.js';
import type { McpGatewayOptions } from '../options/options.js';
import type { McpGatewayExtras } from './mcp-gateway.module-definition.js';
import { ConfigurableModuleClass } from './mcp-gateway.module-definition.js';
import { mcpController } from './mcp.controller.js';
import { PluginInstances } from './plugin-instances.js';

/**
 * Serves MCP servers behind an application's policies, on Express and on Fastify. Each server has the path
 * `/mcp/{name}`. The application also imports `OpaModule`, which decides the messages.
 *
 * @example
 * ```ts
 * import { Module } from '@nestjs/common';
 * import { NestFactory } from '@nestjs/core';
 * import { OpaModule } from 'nestjs-opa';
 * import { McpGatewayModule } from 'nestjs-opa-mcp';
 *
 * @Module({
 *   imports: [
 *     OpaModule.forRoot({ url: 'http://127.0.0.1:8181' }),
 *     McpGatewayModule.forRoot({
 *       servers: [{ name: 'demo', url: 'http://127.0.0.1:4100/mcp', policy: 'gateway/mcp/request' }],
 *     }),
 *   ],
 * })
 * class AppModule {}
 *
 * const app = await NestFactory.create(AppModule, { rawBody: true });
 * ```
 */
@Module({ providers: [McpGateway, PluginInstances, OpenStreams], exports: [McpGateway] })
export class McpGatewayModule {
  /**
   * Makes the module from its options.
   *
   * @param options - see {@link McpGatewayOptions} and {@link McpGatewayExtras}
   * @throws OpaError `OPA_BAD_OPTIONS` when the application starts with invalid options
   */
  static forRoot(options: McpGatewayOptions & McpGatewayExtras): DynamicModule {
    return moduleWith(ConfigurableModuleClass.forRoot(options), options);
  }

  /**
   * Makes the module from options that `useFactory`, `useClass` or `useExisting` provides. `guards` and the other
   * members of {@link McpGatewayExtras} are given directly.
   */
  static forRootAsync(
    options: ConfigurableModuleAsyncOptions<McpGatewayOptions, 'createMcpGatewayOptions'> & McpGatewayExtras,
  ): DynamicModule {
    return moduleWith(ConfigurableModuleClass.forRootAsync(options), options);
  }
}

function moduleWith(definition: DynamicModule, { guards = [] }: McpGatewayExtras): DynamicModule {
  return { ...definition, module: McpGatewayModule, controllers: [mcpController(guards)] };
}

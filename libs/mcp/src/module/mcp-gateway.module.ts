import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { OpenStreams } from '../session/open-streams.js';
import { McpGateway } from './mcp-gateway.js';
import type { ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } from './mcp-gateway.module-definition.js';
import { ConfigurableModuleClass } from './mcp-gateway.module-definition.js';
import { mcpController } from './mcp.controller.js';
import { PluginInstances } from './plugin-instances.js';

/**
 * Serves MCP servers behind an application's policies, on Express and on Fastify. Each server has the path
 * `/mcp/{name}`. The application also imports `OpaModule`, which decides the messages.
 *
 * @example
 * ```ts
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
export class McpGatewayModule extends ConfigurableModuleClass {
  /**
   * Makes the module from its options.
   *
   * @param options - see {@link McpGatewayOptions} and {@link McpGatewayExtras}
   * @throws OpaError `OPA_BAD_OPTIONS` when the application starts with invalid options
   */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    return { ...super.forRoot(options), controllers: [mcpController(options.guards ?? [])] };
  }

  /**
   * Makes the module from options that `useFactory`, `useClass` or `useExisting` provides. `guards` and the other
   * members of {@link McpGatewayExtras} are given directly.
   */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return { ...super.forRootAsync(options), controllers: [mcpController(options.guards ?? [])] };
  }
}

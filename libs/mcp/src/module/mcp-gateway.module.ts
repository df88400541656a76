import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { StandingStreams } from '../session/standing-streams.js';
import { McpGateway } from './mcp-gateway.js';
import type { ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } from './mcp-gateway.module-definition.js';
import { ConfigurableModuleClass } from './mcp-gateway.module-definition.js';
import { mcpController } from './mcp.controller.js';
import { PluginInstances } from './plugin-instances.js';

/**
 * Puts MCP servers behind an application's policies: each is `/mcp/{name}`, on Express and on Fastify. The application
 * imports `OpaModule` as well, which decides.
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
@Module({ providers: [McpGateway, PluginInstances, StandingStreams], exports: [McpGateway] })
export class McpGatewayModule extends ConfigurableModuleClass {
  /**
   * The module, with its options as they are.
   *
   * @param options - see {@link McpGatewayOptions}; with `guards` beside them
   * @throws OpaError `OPA_BAD_OPTIONS`, when the application starts
   */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    return { ...super.forRoot(options), controllers: [mcpController(options.guards ?? [])] };
  }

  /** The same, with the options from one of `useFactory`, `useClass` and `useExisting`; `guards` stand beside them. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return { ...super.forRootAsync(options), controllers: [mcpController(options.guards ?? [])] };
  }
}

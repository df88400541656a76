import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { DynamicModule, Provider } from '@nestjs/common';
import type { McpGatewayOptions } from '../options/options.js';
import type { McpGuard } from './except-preflight.js';

/** The injection token of the module's options. */
export const MCP_GATEWAY_OPTIONS = Symbol('nestjs-opa-mcp:options');

/** What stands beside the options in `forRoot` and `forRootAsync`. */
export interface McpGatewayExtras {
  /**
   * Guards of `/mcp/{name}` that find out who calls: classes, or instances. They run after the check of the origin, and
   * not on a browser's preflight. Default: none beside the application's global ones.
   */
  guards?: readonly McpGuard[];
  /** Modules whose providers the guards inject. */
  guardImports?: NonNullable<DynamicModule['imports']>;
  /** Providers that the guards or the factory inject. */
  extraProviders?: Provider[];
}

const extras: Required<McpGatewayExtras> = { guards: [], guardImports: [], extraProviders: [] };

export const { ConfigurableModuleClass, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<McpGatewayOptions>({ optionsInjectionToken: MCP_GATEWAY_OPTIONS })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createMcpGatewayOptions')
    .setExtras(extras, (definition, { guardImports, extraProviders }) => ({
      ...definition,
      imports: [...(definition.imports ?? []), ...guardImports],
      providers: [...(definition.providers ?? []), ...extraProviders],
    }))
    .build();

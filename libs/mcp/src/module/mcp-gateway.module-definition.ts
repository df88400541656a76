import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { CanActivate, DynamicModule, Provider, Type } from '@nestjs/common';
import type { McpGatewayOptions } from '../options/options.js';

/** A guard as `@UseGuards` takes it. */
export type McpGuard = CanActivate | Type<CanActivate>;

/** The injection token of the module's options. */
export const MCP_GATEWAY_OPTIONS = Symbol('nestjs-opa-mcp:options');

/** The members that `forRoot` and `forRootAsync` accept beside the options. */
export interface McpGatewayExtras {
  /**
   * Guards of `/mcp/{name}` that authenticate the caller: classes or instances. They run after the check of the origin,
   * but not for a CORS preflight. Default: only the application's global guards.
   */
  guards?: readonly McpGuard[];
  /** Modules whose providers the guards inject. */
  guardImports?: NonNullable<DynamicModule['imports']>;
  /** Providers that the guards or the factory inject. */
  extraProviders?: Provider[];
}

const extras: Required<McpGatewayExtras> = { guards: [], guardImports: [], extraProviders: [] };

export const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<McpGatewayOptions>({
  optionsInjectionToken: MCP_GATEWAY_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createMcpGatewayOptions')
  .setExtras(extras, (definition, { guardImports, extraProviders }) => ({
    ...definition,
    imports: [...(definition.imports ?? []), ...guardImports],
    providers: [...(definition.providers ?? []), ...extraProviders],
  }))
  .build();

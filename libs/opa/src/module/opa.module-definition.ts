import type { Provider } from '@nestjs/common';
import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { OpaModuleOptions } from './options.js';
import { checkExtras } from './options.schema.js';
import { exportsOf, providersOf } from './providers.js';

/** Settings of `forRoot` and `forRootAsync` in addition to the options. */
export interface OpaModuleExtras {
  /** Whether every module of the application can inject the providers. Default: `true`. */
  isGlobal?: boolean;
  /**
   * The name of an additional instance, for `@InjectOpa(name)` and `@OpaPolicy(path, { instance: name })`. Default: none,
   * the unnamed instance.
   */
  name?: string | undefined;
  /** Providers that the factory of the options can inject. Default: none. */
  extraProviders?: Provider[];
}

/** A class that creates the options, for `useClass` and `useExisting`. */
export interface OpaOptionsFactory {
  createOpaOptions(): OpaModuleOptions | Promise<OpaModuleOptions>;
}

const extras: Required<OpaModuleExtras> = { isGlobal: true, name: undefined, extraProviders: [] };

const OPTIONS = Symbol('nestjs-opa:options');

export const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<OpaModuleOptions>({
  optionsInjectionToken: OPTIONS,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createOpaOptions')
  .setExtras(extras, (definition, { isGlobal, name, extraProviders }) => {
    checkExtras({ isGlobal, name, extraProviders });
    return {
      ...definition,
      global: isGlobal,
      providers: [...(definition.providers ?? []), ...extraProviders, ...providersOf(name, OPTIONS)],
      exports: [...(definition.exports ?? []), ...exportsOf(name)],
    };
  })
  .build();

import type { Provider } from '@nestjs/common';
import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { OpaModuleOptions } from './options.js';
import { checkExtras } from './options.schema.js';
import { exportsOf, providersOf } from './providers.js';

/** What stands beside the options in `forRoot` and `forRootAsync`. */
export interface OpaModuleExtras {
  /** Whether every module sees the providers. Default: `true`. */
  isGlobal?: boolean;
  /** The name of a further instance, for `@InjectOpa(name)` and `@OpaPolicy(path, { instance: name })`. */
  name?: string | undefined;
  /** Providers for the factory to inject. */
  extraProviders?: Provider[];
}

/** A class that gives the options, for `useClass` and `useExisting`. */
export interface OpaOptionsFactory {
  createOpaOptions(): OpaModuleOptions | Promise<OpaModuleOptions>;
}

const extras: Required<OpaModuleExtras> = { isGlobal: true, name: undefined, extraProviders: [] };

const OPTIONS = Symbol('nestjs-opa:options');

export const { ConfigurableModuleClass, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<OpaModuleOptions>({ optionsInjectionToken: OPTIONS })
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

import { HttpService } from '@nestjs/axios';
import type { ConfigurableModuleAsyncOptions, DynamicModule, InjectionToken } from '@nestjs/common';
import { Inject, Module } from '@nestjs/common';
import { APP_FILTER, DiscoveryModule } from '@nestjs/core';
import type { OpaClient } from '../client/index.js';
import { RabbitRefusalFilter } from '../contexts/index.js';
import { OpaService } from '../decision/index.js';
import {
  InputProviders,
  instanceToken,
  ObligationExecutor,
  ObligationRegistry,
  Obligations,
} from '../enforcement/index.js';
import type { OpaHealthIndicator } from '../observability/index.js';
import { OpaHttpService } from '../transport/index.js';
import type { OpaModuleExtras } from './opa.module-definition.js';
import { ConfigurableModuleClass } from './opa.module-definition.js';
import type { OpaModuleOptions } from './options.js';
import { checkAsync } from './options.schema.js';

/** The global part of OpaModule: every provider except `HttpService`. */
@Module({
  imports: [DiscoveryModule],
  providers: [
    InputProviders,
    ObligationRegistry,
    ObligationExecutor,
    Obligations,
    { provide: APP_FILTER, useClass: RabbitRefusalFilter },
  ],
})
export class OpaCoreModule extends ConfigurableModuleClass {}

/**
 * The Nest module that lets OPA decide the requests of an application.
 *
 * @example
 * ```ts
 * import { Module } from '@nestjs/common';
 * import { OpaModule } from 'nestjs-opa';
 *
 * @Module({ imports: [OpaModule.forRoot({ url: 'http://127.0.0.1:8181', policy: 'gateway/authz' })] })
 * export class AppModule {}
 * ```
 */
@Module({ providers: [{ provide: HttpService, useExisting: OpaHttpService }], exports: [HttpService] })
export class OpaModule {
  /**
   * Creates the module from an object of options.
   *
   * @param options - {@link OpaModuleOptions} together with {@link OpaModuleExtras}
   * @throws OpaError `OPA_BAD_OPTIONS` or `OPA_BAD_BUNDLE` when the application starts
   */
  static forRoot(options: OpaModuleOptions & OpaModuleExtras = {}): DynamicModule {
    return around(OpaCoreModule.forRoot(options), options.name);
  }

  /**
   * Creates the module with options from `useFactory`, `useClass` or `useExisting`.
   *
   * @throws OpaError `OPA_BAD_OPTIONS` when the argument does not have exactly one of the three
   */
  static forRootAsync(
    options: ConfigurableModuleAsyncOptions<OpaModuleOptions, 'createOpaOptions'> & OpaModuleExtras,
  ): DynamicModule {
    checkAsync(options);
    return around(OpaCoreModule.forRootAsync(options), options.name);
  }
}

// Only modules that import OpaModule get its HttpService. A global HttpService would replace the HttpService of modules
// that forgot to import HttpModule.
function around(core: DynamicModule, name: string | undefined): DynamicModule {
  const http = { provide: HttpService, useExisting: instanceToken(OpaHttpService, name) };
  return { module: OpaModule, imports: [core], providers: [http], exports: [core, HttpService] };
}

/** The classes that a module instance provides for injection. */
export type OpaProvided =
  typeof OpaService | typeof OpaClient | typeof OpaHttpService | typeof OpaHealthIndicator;

/**
 * The injection token of a class that a named instance provides. Without a name the token is the class.
 *
 * @param name - the name of the instance. Default: none, the unnamed instance
 * @param of - the provided class. Default: {@link OpaService}
 * @example
 * ```ts
 * import { Inject, Injectable } from '@nestjs/common';
 * import { getOpaToken, OpaHealthIndicator } from 'nestjs-opa';
 *
 * @Injectable()
 * export class BillingHealth {
 *   constructor(
 *     @Inject(getOpaToken('billing', OpaHealthIndicator)) private readonly billing: OpaHealthIndicator,
 *   ) {}
 * }
 * ```
 */
export function getOpaToken(name?: string, of: OpaProvided = OpaService): InjectionToken {
  return instanceToken(of, name);
}

/**
 * Injects the {@link OpaService} of a named instance. Without a name it injects the service of the unnamed instance.
 *
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { InjectOpa, OpaService } from 'nestjs-opa';
 *
 * @Injectable()
 * export class Invoices {
 *   constructor(@InjectOpa('billing') private readonly opa: OpaService) {}
 * }
 * ```
 */
export function InjectOpa(name?: string): ParameterDecorator & PropertyDecorator {
  return Inject(getOpaToken(name));
}

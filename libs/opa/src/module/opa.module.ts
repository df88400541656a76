import { HttpService } from '@nestjs/axios';
import type { DynamicModule } from '@nestjs/common';
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
import type { OpaHealthIndicator } from '../observability/health.indicator.js';
import { OpaHttpService } from '../transport/index.js';
import type { ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } from './opa.module-definition.js';
import { ConfigurableModuleClass } from './opa.module-definition.js';
import { checkAsync } from './options.schema.js';

/** The global part of the module: every provider but `HttpService`. */
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
 * Puts OPA in front of an application's handlers.
 *
 * @example
 * ```ts
 * OpaModule.forRoot({ url: 'http://127.0.0.1:8181', policy: 'gateway/authz' })
 * ```
 */
@Module({ providers: [{ provide: HttpService, useExisting: OpaHttpService }], exports: [HttpService] })
export class OpaModule {
  /**
   * The module, with its options as they are.
   *
   * @param options - see {@link OpaModuleOptions}; with `name` and `isGlobal` beside them
   * @throws OpaError `OPA_BAD_OPTIONS` or `OPA_BAD_BUNDLE`, when the application starts
   */
  static forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return around(OpaCoreModule.forRoot(options), options.name);
  }

  /** The same, with the options from one of `useFactory`, `useClass` and `useExisting`. */
  static forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    checkAsync(options);
    return around(OpaCoreModule.forRootAsync(options), options.name);
  }
}

// Under HttpService itself to modules that import this one: a global one would capture those that forgot HttpModule.
function around(core: DynamicModule, name: string | undefined): DynamicModule {
  const http = { provide: HttpService, useExisting: instanceToken(OpaHttpService, name) };
  return { module: OpaModule, imports: [core], providers: [http], exports: [core, HttpService] };
}

/** What a module instance provides for injection. */
export type OpaProvided =
  typeof OpaService | typeof OpaClient | typeof OpaHttpService | typeof OpaHealthIndicator;

/**
 * The injection token of what a named instance provides; without a name, the class itself.
 *
 * @param of - Default: {@link OpaService}
 * @example
 * ```ts
 * constructor(@Inject(getOpaToken('billing', OpaHealthIndicator)) private readonly billing: OpaHealthIndicator) {}
 * ```
 */
export function getOpaToken(name?: string, of: OpaProvided = OpaService): ReturnType<typeof instanceToken> {
  return instanceToken(of, name);
}

/** Injects the {@link OpaService} of a named instance. */
export function InjectOpa(name?: string): ParameterDecorator & PropertyDecorator {
  return Inject(getOpaToken(name));
}

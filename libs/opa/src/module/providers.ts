import type { InjectionToken, Provider } from '@nestjs/common';
import {
  ApplicationConfig,
  DiscoveryService,
  HttpAdapterHost,
  MetadataScanner,
  ModulesContainer,
} from '@nestjs/core';
import { OpaClient } from '../client/index.js';
import { OpaService } from '../decision/index.js';
import {
  enforcementToken,
  InputProviders,
  instanceToken,
  Obligations,
  OpaEnforcement,
} from '../enforcement/index.js';
import { OpaGuard } from '../guard/index.js';
import { InputBuilder } from '../contexts/index.js';
import { OpaInterceptor } from '../interceptor/index.js';
import { OpaHealthIndicator } from '../observability/index.js';
import { OpaHttpService } from '../transport/index.js';
import { RouteAudit } from './audit/audit.js';
import type { HandlerSources } from './audit/handlers.js';
import { DecisionMethods } from './decision-methods.js';
import { FactoryProviderCheck } from './factory-provider.check.js';
import { registerGlobally } from './global-interceptor.js';
import { GuardUseCheck } from './guard-use.check.js';
import { InterceptorOrderCheck } from './interceptor-order.check.js';
import { InputProviderCheck } from './input-provider.check.js';
import type { OpaModuleOptions } from './options.js';
import { OpaRuntime } from './runtime.js';
import { DuplicateInstanceCheck } from './duplicate-instance.check.js';
import { NeverEvaluatedCheck } from './never-evaluated.check.js';
import { ScopeCheck } from './scope.check.js';
import { serviceOf } from './service-of.js';

const PUBLIC = [OpaService, OpaClient, OpaHttpService, OpaHealthIndicator];

/** The providers of one module instance. */
export function providersOf(name: string | undefined, options: InjectionToken): Provider[] {
  const runtime = instanceToken(OpaRuntime, name);
  const audit = instanceToken(RouteAudit, name);
  const sources = Symbol('nestjs-opa:handler-sources');
  const from = (token: InjectionToken, make: (runtime: OpaRuntime) => unknown): Provider => ({
    provide: token,
    useFactory: make,
    inject: [runtime],
  });
  return [
    {
      provide: runtime,
      useFactory: (values: OpaModuleOptions) => OpaRuntime.create(values, name),
      inject: [options],
    },
    from(instanceToken(OpaClient, name), ({ client }) => client),
    from(instanceToken(OpaHttpService, name), ({ transport }) => transport.http),
    from(instanceToken(OpaHealthIndicator, name), ({ stack }) => new OpaHealthIndicator(stack.engine)),
    {
      provide: sources,
      useFactory: (
        config: ApplicationConfig,
        discovery: DiscoveryService,
        scanner: MetadataScanner,
        modules: ModulesContainer,
        host: HttpAdapterHost,
      ): HandlerSources => ({ config, discovery, scanner, modules, host }),
      inject: [ApplicationConfig, DiscoveryService, MetadataScanner, ModulesContainer, HttpAdapterHost],
    },
    {
      provide: audit,
      useFactory: (parts: OpaRuntime, handlers: HandlerSources) => new RouteAudit(handlers, parts, name),
      inject: [runtime, sources],
    },
    {
      provide: instanceToken(GuardUseCheck, name),
      useFactory: ({ settings }: OpaRuntime, handlers: HandlerSources) =>
        new GuardUseCheck(handlers, settings.publicKeys),
      inject: [runtime, sources],
    },
    {
      provide: instanceToken(InputProviderCheck, name),
      useFactory: (handlers: HandlerSources, providers: InputProviders) =>
        new InputProviderCheck(handlers, providers),
      inject: [sources, InputProviders],
    },
    {
      provide: instanceToken(NeverEvaluatedCheck, name),
      useFactory: ({ settings }: OpaRuntime, handlers: HandlerSources) =>
        new NeverEvaluatedCheck(handlers, name, settings.publicKeys),
      inject: [runtime, sources],
    },
    {
      provide: instanceToken(InterceptorOrderCheck, name),
      useFactory: ({ settings }: OpaRuntime, handlers: HandlerSources) =>
        new InterceptorOrderCheck(handlers, settings, name),
      inject: [runtime, sources],
    },
    {
      provide: instanceToken(FactoryProviderCheck, name),
      useFactory: (discovery: DiscoveryService, scanner: MetadataScanner) =>
        new FactoryProviderCheck(discovery, scanner),
      inject: [DiscoveryService, MetadataScanner],
    },
    {
      provide: instanceToken(DecisionMethods, name),
      useFactory: ({ events }: OpaRuntime, discovery: DiscoveryService, scanner: MetadataScanner) =>
        new DecisionMethods(events.listeners, discovery, scanner),
      inject: [runtime, DiscoveryService, MetadataScanner],
    },
    {
      provide: instanceToken(DuplicateInstanceCheck, name),
      useFactory: (modules: ModulesContainer) => new DuplicateInstanceCheck(modules, name),
      inject: [ModulesContainer],
    },
    {
      provide: instanceToken(ScopeCheck, name),
      useFactory: (discovery: DiscoveryService) => new ScopeCheck(discovery, enforcementToken(name)),
      inject: [DiscoveryService],
    },
    {
      provide: instanceToken(OpaService, name),
      useFactory: (parts: OpaRuntime, routes: RouteAudit) => serviceOf(parts, () => routes.routes()),
      inject: [runtime, audit],
    },
    {
      provide: enforcementToken(name),
      useFactory: (
        { settings }: OpaRuntime,
        service: OpaService,
        obligations: Obligations,
        providers: InputProviders,
      ) => new OpaEnforcement(service, new InputBuilder(settings.input), settings, obligations, providers),
      inject: [runtime, instanceToken(OpaService, name), Obligations, InputProviders],
    },
    ...(name === undefined ? [OpaGuard, OpaInterceptor] : []),
    {
      provide: Symbol('nestjs-opa:global-interceptor'),
      useFactory: ({ settings }: OpaRuntime, config: ApplicationConfig, interceptor?: OpaInterceptor) =>
        registerGlobally(settings, config, interceptor),
      inject: [runtime, ApplicationConfig, ...(name === undefined ? [OpaInterceptor] : [])],
    },
  ];
}

/** The tokens of the providers that a module instance exports. */
export function exportsOf(name: string | undefined): InjectionToken[] {
  const tokens = [...PUBLIC, OpaEnforcement].map((of) => instanceToken(of, name));
  return name === undefined ? [...tokens, OpaGuard, OpaInterceptor] : tokens;
}

import type { OnModuleInit, Type } from '@nestjs/common';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { OpaError } from '../contracts/index.js';
import { editsResults, interceptorsOn } from '../enforcement/index.js';
import { guardsOn, isOpaGuard } from '../guard/index.js';
import { providedClass } from './audit/provided-class.js';

/**
 * Stops the start when the class of a `useFactory` or `useValue` provider names OpaGuard or OpaInterceptor.
 *
 * @remarks Nest creates the guards and interceptors of a class only when a module provides the class itself. For a
 * GraphQL resolver from a factory, Nest silently runs no guard and no interceptor.
 */
export class FactoryProviderCheck implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** @throws OpaError `OPA_BAD_OPTIONS` with the name of the class */
  onModuleInit(): void {
    const providers = this.discovery.getProviders();
    const classInstances = new Set(
      providers.filter((provider) => !provider.isNotMetatype).map(({ instance }): unknown => instance),
    );
    for (const wrapper of providers) {
      const type =
        wrapper.isNotMetatype && !classInstances.has(wrapper.instance) ? providedClass(wrapper) : undefined;
      const skipped =
        type && this.namedOn(type).find((enhancer) => wrapper.host?.injectables.has(enhancer) !== true);
      if (skipped === undefined) continue;
      throw new OpaError(
        'OPA_BAD_OPTIONS',
        `${type?.name} comes from useFactory or useValue and names ${skipped.name}, which Nest would not run there. ` +
          'Provide the class itself, or with useClass.',
      );
    }
  }

  /** The guards and interceptors of this library that a class or its methods name. */
  private namedOn(type: Type): Type[] {
    const prototype = type.prototype as Record<string, unknown>;
    const methods = this.scanner.getAllMethodNames(prototype).map((key) => prototype[key] as object);
    const named = [type, ...methods].flatMap((on) => [...guardsOn(on), ...interceptorsOn(on)]);
    // Nest runs a guard or interceptor that the class names as an instance, so skip instances.
    return named.filter(
      (enhancer): enhancer is Type =>
        typeof enhancer === 'function' && (isOpaGuard(enhancer) || editsResults(enhancer)),
    );
  }
}

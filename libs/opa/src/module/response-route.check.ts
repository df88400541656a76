import type { OnModuleInit, Type } from '@nestjs/common';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { OpaError } from '../contracts/index.js';
import type { PublicKeys } from '../decorators/index.js';
import { declarationWithin } from '../decorators/index.js';
import { isMessage, takesResponseOver } from '../enforcement/index.js';
import { providedClass } from './audit/provided-class.js';
import { fieldEnhancers, unaskedPolicy } from './resolver.check.js';

type Method = (...args: never[]) => unknown;
type Provided = Parameters<typeof providedClass>[0];

/** Stops the start when a handler's result would pass its response policy unseen. */
export class ResponseRouteCheck implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly instance: string | undefined,
    private readonly publicKeys: PublicKeys = [],
  ) {}

  /** @throws OpaError `OPA_BAD_OPTIONS` that names the handler */
  onModuleInit(): void {
    for (const of of this.methodsOf(this.discovery.getControllers())) this.check(...of);
    const enhancers = fieldEnhancers(this.discovery);
    for (const [provider, key, handler] of this.methodsOf(this.discovery.getProviders())) {
      if (isMessage(handler)) this.check(provider, key, handler);
      const why = enhancers && unaskedPolicy(provider, handler, enhancers);
      if (why !== undefined) throw new OpaError('OPA_BAD_OPTIONS', `${provider.name}.${key} ${why}`);
    }
  }

  private *methodsOf(found: readonly Provided[]): Generator<[of: Type, key: string, Method]> {
    for (const wrapper of found) {
      const of = providedClass(wrapper);
      const prototype = of?.prototype as Record<string, unknown> | undefined;
      for (const key of this.scanner.getAllMethodNames(prototype ?? null)) {
        const method = prototype?.[key];
        if (of !== undefined && typeof method === 'function') yield [of, key, method as Method];
      }
    }
  }

  private check(controller: Type, key: string, handler: Method): void {
    const declaration = declarationWithin(handler, controller, this.publicKeys);
    // Each instance looks at the handlers that it decides.
    if (declaration?.response === undefined || declaration.instance !== this.instance) return;
    if (!takesResponseOver(controller, key)) return;
    throw new OpaError(
      'OPA_BAD_OPTIONS',
      `${controller.name}.${key} takes the response over (@Res() without passthrough, @Next(), @Ack() or @GrpcStreamCall()) ` +
        'beside a response policy, which would never see the result. ' +
        'Return the result (@Res({ passthrough: true }) may stay), or take the response policy away.',
    );
  }
}

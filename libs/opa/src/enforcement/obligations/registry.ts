import type { OnModuleInit } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { OpaError } from '../../contracts/index.js';
import type { OpaObligationHandler } from '../../decorators/index.js';
import { obligationTypeOf } from '../../decorators/index.js';
import { BUILT_IN } from './built-in.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** The application's obligation handlers. The registry collects them when the application starts. */
@Injectable()
export class ObligationRegistry implements OnModuleInit {
  private readonly handlers = new Map<string, OpaObligationHandler>();

  constructor(@Inject(DiscoveryService) private readonly discovery: DiscoveryService) {}

  /** @throws OpaError `OPA_BAD_OPTIONS` when two handlers have the same type, or a class can't be a handler */
  onModuleInit(): void {
    for (const provider of this.discovery.getProviders()) {
      const type = typeOf(provider);
      if (type !== undefined) this.add(type, provider);
    }
  }

  /** The handler of an obligation type; `undefined` when the application has none. */
  find(type: string): OpaObligationHandler | undefined {
    return this.handlers.get(type);
  }

  private add(type: string, provider: Wrapper): void {
    const handler = provider.instance as OpaObligationHandler | undefined;
    const registered = this.handlers.get(type);
    // The application registers the same provider under another token (useExisting).
    if (registered !== undefined && registered === handler) return;
    const refused = (why: string): OpaError =>
      new OpaError('OPA_BAD_OPTIONS', `@OpaObligation(${JSON.stringify(type)}) on ${provider.name}: ${why}.`);
    if (BUILT_IN.has(type)) throw refused('the library itself carries out this type; choose another type');
    if (registered !== undefined)
      throw refused('another provider already carries out this type; keep only one of the two');
    if (provider.isTransient || !provider.isDependencyTreeStatic())
      throw refused('the provider is not a singleton; give it the default scope');
    if (typeof (handler as Partial<OpaObligationHandler> | undefined)?.handle !== 'function')
      throw refused('the class has no method handle(obligation, scene)');
    if (handler !== undefined) this.handlers.set(type, handler);
  }
}

// The decorated class may be the token, the metatype, or the constructor of the instance. For a factory or an override,
// only some of the three are the class.
function typeOf({ token, metatype, instance }: Wrapper): string | undefined {
  const constructor = (instance as object | null | undefined)?.constructor;
  for (const candidate of [token, metatype, constructor] as unknown[]) {
    const type = typeof candidate === 'function' ? obligationTypeOf(candidate) : undefined;
    if (type !== undefined) return type;
  }
  return undefined;
}

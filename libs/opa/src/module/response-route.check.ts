import type { OnModuleInit, Type } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { OpaError } from '../contracts/index.js';
import { declarationOf } from '../decorators/index.js';

// Nest's own metadata; it exports no names for them.
const ROUTE_ARGUMENTS = '__routeArguments__';
const PASSTHROUGH = '__responsePassthrough__';
const SSE = '__sse__';
const RESPONSE_PARAMETER = '1';
const NEXT_PARAMETER = '2';

/** Stops the start when a handler's result would pass its response policy unseen. */
@Injectable()
export class ResponseRouteCheck implements OnModuleInit {
  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
  ) {}

  /** @throws OpaError `OPA_BAD_OPTIONS` that names the handler */
  onModuleInit(): void {
    for (const { metatype } of this.discovery.getControllers()) {
      if (typeof metatype !== 'function') continue;
      const prototype = metatype.prototype as Record<string, unknown>;
      for (const key of this.scanner.getAllMethodNames(prototype))
        this.check(metatype as Type, key, prototype[key]);
    }
  }

  private check(controller: Type, key: string, handler: unknown): void {
    if (typeof handler !== 'function' || declarationOf(handler, controller)?.response === undefined) return;
    const why =
      takesOver(controller, key) ?? (Reflect.hasMetadata(SSE, handler) ? 'is an event stream' : undefined);
    if (why === undefined) return;
    throw new OpaError(
      'OPA_BAD_OPTIONS',
      `${controller.name}.${key} ${why} beside a response policy, which would never see the result. ` +
        'Use @Res({ passthrough: true }) and return the result, or take the response policy away.',
    );
  }
}

function takesOver(controller: Type, key: string): string | undefined {
  if (Reflect.getMetadata(PASSTHROUGH, controller, key) === true) return undefined;
  // Its keys are `kind:index`.
  const parameters = Object.keys((Reflect.getMetadata(ROUTE_ARGUMENTS, controller, key) ?? {}) as object);
  const over = parameters.some((name) =>
    [RESPONSE_PARAMETER, NEXT_PARAMETER].includes(name.split(':', 1)[0] ?? ''),
  );
  return over ? 'takes the response over (@Res() without passthrough, or @Next())' : undefined;
}

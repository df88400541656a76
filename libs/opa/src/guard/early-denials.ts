import type { CanActivate, ExecutionContext, Type } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { ApplicationConfig } from '@nestjs/core';
import { guidePage } from '../contracts/index.js';
import { findRecord } from '../contexts/index.js';
import { handlerName } from '../enforcement/index.js';
import { subjectTypeOf } from '../input/index.js';
import { guardChain, guardClass, guardName, isOpaGuard } from './guard-chain.js';

/** Warns, once a handler, when an anonymous subject is denied before guards have run that may authenticate it. */
export class EarlyDenials {
  private readonly logger = new Logger('OpaGuard');
  private readonly known = new Set<string>();

  /** @param guard - the guard that denies */
  constructor(
    private readonly modules: ModuleRef,
    private readonly guard: CanActivate,
  ) {}

  /** Looks at a denial of the guard. */
  report(context: ExecutionContext): void {
    const input = findRecord(context)?.input?.value;
    const handler = handlerName(context);
    if (input === undefined || subjectTypeOf(input) !== 'anonymous' || this.known.has(handler)) return;
    this.known.add(handler);
    const later = this.guardsAfter(context);
    if (later.length === 0) return;
    this.logger.warn(
      `${handler}: an anonymous subject was denied before ${later.map(guardName).join(', ')} ran. ` +
        `If one of these guards authenticates, let it run before OpaGuard: see ${guidePage('guard-order')}.`,
    );
  }

  private guardsAfter(context: ExecutionContext): unknown[] {
    const config = this.modules.get(ApplicationConfig, { strict: false });
    const handler = context.getHandler() as (...args: never[]) => unknown;
    const guards = guardChain(config, context.getClass<Type>(), handler).map(({ guard }) => guard);
    // Of a guard that @UseGuards names, Nest has made this instance.
    const own = guards.includes(this.guard) ? this.guard : guardClass(this.guard);
    const place = guards.indexOf(own);
    return place < 0 ? [] : guards.slice(place + 1).filter((guard) => !isOpaGuard(guard));
  }
}

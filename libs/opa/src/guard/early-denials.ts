import type { CanActivate, ExecutionContext, Type } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { ApplicationConfig } from '@nestjs/core';
import { guidePage } from '../contracts/index.js';
import { findRecord } from '../contexts/index.js';
import { handlerName } from '../enforcement/index.js';
import { subjectTypeOf } from '../input/index.js';
import { guardChain, guardClass, guardName, isOpaGuard } from './guard-chain.js';

/** Warns once for each handler when an anonymous subject is denied before a guard that may authenticate it runs. */
export class EarlyDenials {
  private readonly logger = new Logger('OpaGuard');
  private readonly reported = new Set<string>();

  /** @param guard - the OpaGuard that denies */
  constructor(
    private readonly modules: ModuleRef,
    private readonly guard: CanActivate,
  ) {}

  /** Checks a denial of the guard, and warns when later guards may authenticate the subject. */
  report(context: ExecutionContext): void {
    const input = findRecord(context)?.input?.value;
    const handler = handlerName(context);
    if (input === undefined || subjectTypeOf(input) !== 'anonymous' || this.reported.has(handler)) return;
    this.reported.add(handler);
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
    // @UseGuards lists the class of a guard, rather than the instance that Nest made.
    const listed = guards.includes(this.guard) ? this.guard : guardClass(this.guard);
    const position = guards.indexOf(listed);
    return position < 0 ? [] : guards.slice(position + 1).filter((guard) => !isOpaGuard(guard));
  }
}

import type { Type } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';

// The metadata key of @UseGuards. Nest does not export it.
const GUARDS = '__guards__';

/** Marks OpaGuard and its subclasses. `Symbol.for` gives the ESM and the CommonJS build the same symbol. */
export const OPA_GUARD = Symbol.for('nestjs-opa:guard');

/** Tells whether a guard is an OpaGuard. The guard may be an instance or a class. */
export function isOpaGuard(guard: unknown): boolean {
  const type = guardClass(guard) as { [OPA_GUARD]?: unknown } | undefined;
  return type?.[OPA_GUARD] === true;
}

/** A guard in the chain of a handler. */
export interface ChainedGuard {
  /** The instance, or the class that Nest instantiates. */
  readonly guard: unknown;
  readonly place: 'global' | 'class' | 'handler';
  /** Whether the guard is a global one of request scope. */
  readonly perRequest: boolean;
}

/** Lists the guards of a handler in the order in which Nest runs them: global guards, then the class's, then the handler's. */
export function guardChain(
  config: ApplicationConfig,
  controller: Type,
  handler: (...args: never[]) => unknown,
): ChainedGuard[] {
  // Nest runs global guards of request scope after the other global guards.
  const scoped = config.getGlobalRequestGuards().map(({ metatype }): unknown => metatype);
  return [
    ...placed('global', config.getGlobalGuards()),
    ...placed('global', scoped, true),
    ...placed('class', guardsOn(controller)),
    ...placed('handler', guardsOn(handler)),
  ];
}

/** Returns the class of a guard; `undefined` for a guard without a class, such as an object literal. */
export function guardClass(guard: unknown): Type | undefined {
  const type = typeof guard === 'function' ? guard : (guard as object | null | undefined)?.constructor;
  return type === undefined || type === Object ? undefined : (type as Type);
}

/** Tells whether a class extends, or is, a class that the function `AuthGuard` of `@nestjs/passport` returns. */
export function isPassportGuard(type: Type | undefined): boolean {
  return type !== undefined && PASSPORT.every((method) => method in (type.prototype as object));
}

// Nest gives the class a random name, so that only its methods identify it.
const PASSPORT = ['canActivate', 'handleRequest', 'logIn'] as const;

/** Returns the name of a guard for log messages. */
export function guardName(guard: unknown): string {
  const type = guardClass(guard);
  if (type === undefined) return 'a guard without a class';
  const isMixin = PASSPORT.every((method) => Object.hasOwn(type.prototype as object, method));
  return isMixin ? 'AuthGuard(…)' : type.name;
}

const placed = (
  place: ChainedGuard['place'],
  guards: readonly unknown[],
  perRequest = false,
): ChainedGuard[] => guards.map((guard) => ({ guard, place, perRequest }));

/** The guards that `@UseGuards` names on a class or method. */
export function guardsOn(target: object): unknown[] {
  return (Reflect.getMetadata(GUARDS, target) ?? []) as unknown[];
}

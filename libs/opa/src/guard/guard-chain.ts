import type { Type } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';

// What @UseGuards leaves behind; Nest exports no name for it.
const GUARDS = '__guards__';

/** What marks OpaGuard and its subclasses, in both builds of this library. */
export const OPA_GUARD = Symbol.for('nestjs-opa:guard');

/** Tells whether a guard, an instance or a class, is an OpaGuard. */
export function isOpaGuard(guard: unknown): boolean {
  const marked = guardClass(guard) as { [OPA_GUARD]?: unknown } | undefined;
  return marked?.[OPA_GUARD] === true;
}

/** A guard of a handler. */
export interface ChainedGuard {
  /** The instance, or the class of which Nest makes one. */
  readonly guard: unknown;
  readonly place: 'global' | 'class' | 'handler';
}

/** The guards of a handler in the order in which Nest runs them: the global ones, the class's, the handler's own. */
export function guardChain(
  config: ApplicationConfig,
  controller: Type,
  handler: (...args: never[]) => unknown,
): ChainedGuard[] {
  // Nest runs the global guards of request scope after the others.
  const scoped = config.getGlobalRequestGuards().map(({ metatype }): unknown => metatype);
  return [
    ...placed('global', [...config.getGlobalGuards(), ...scoped]),
    ...placed('class', guardsOn(controller)),
    ...placed('handler', guardsOn(handler)),
  ];
}

/** The class of a guard; `undefined` for one that isn't made of any, such as an object literal. */
export function guardClass(guard: unknown): Type | undefined {
  const made = typeof guard === 'function' ? guard : (guard as object | null | undefined)?.constructor;
  return made === undefined || made === Object ? undefined : (made as Type);
}

/** Tells whether a class is, or extends, one that the function `AuthGuard` of `@nestjs/passport` makes. */
export function isPassportGuard(made: Type | undefined): boolean {
  return made !== undefined && PASSPORT.every((method) => method in (made.prototype as object));
}

// Nest gives the class a random name, so that its methods are all that tells it.
const PASSPORT = ['canActivate', 'handleRequest', 'logIn'] as const;

/** How messages call a guard. */
export function guardName(guard: unknown): string {
  const made = guardClass(guard);
  if (made === undefined) return 'a guard without a class';
  const isMixin = PASSPORT.every((method) => Object.hasOwn(made.prototype as object, method));
  return isMixin ? 'AuthGuard(…)' : made.name;
}

const placed = (place: ChainedGuard['place'], guards: readonly unknown[]): ChainedGuard[] =>
  guards.map((guard) => ({ guard, place }));

/** The guards that `@UseGuards` names on a class or method. */
export function guardsOn(target: object): unknown[] {
  return (Reflect.getMetadata(GUARDS, target) ?? []) as unknown[];
}

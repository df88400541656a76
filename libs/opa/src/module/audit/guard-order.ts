import type { Type } from '@nestjs/common';
import type { ChainedGuard } from '../../guard/index.js';
import { guardClass, guardName, isOpaGuard, isPassportGuard } from '../../guard/index.js';

/** Usual class names of guards that authenticate. */
const AUTHENTICATES = /auth|jwt|passport|session|login/i;

/** An OpaGuard that runs before a guard that authenticates. */
export interface GuardOrderProblem {
  /** The two guards and their places, without the handler. */
  readonly what: string;
  readonly fix: string;
}

/**
 * Finds the first OpaGuard that runs before a guard that authenticates.
 *
 * @param guards - a handler's guards in their order
 * @param authentication - guards that authenticate although their class names do not show it; `false` turns the check off
 */
export function guardOrderProblem(
  guards: readonly ChainedGuard[],
  authentication: false | readonly Type[],
): GuardOrderProblem | undefined {
  if (authentication === false) return undefined;
  const first = guards.findIndex(({ guard }) => isOpaGuard(guard));
  const opa = guards[first];
  const late = guards.slice(first + 1).find(({ guard }) => authenticates(guard, authentication));
  if (opa === undefined || late === undefined) return undefined;
  const [before, after] = [guardName(opa.guard), guardName(late.guard)];
  return {
    what: `${before} (${PLACES[opa.place]}) runs before ${after} (${PLACES[late.place]})`,
    fix: fixOf(opa, late, `@UseGuards(${after}, ${before})`),
  };
}

const PLACES: Readonly<Record<ChainedGuard['place'], string>> = {
  global: 'global',
  class: 'on the class',
  handler: 'on the handler',
};

function authenticates(guard: unknown, named: readonly Type[]): boolean {
  if (isOpaGuard(guard)) return false;
  const type = guardClass(guard);
  if (isPassportGuard(type)) return true;
  for (
    let ancestor: unknown = type;
    typeof ancestor === 'function';
    ancestor = Object.getPrototypeOf(ancestor)
  ) {
    if (AUTHENTICATES.test(ancestor.name) || named.includes(ancestor as Type)) return true;
  }
  return false;
}

function fixOf(opa: ChainedGuard, late: ChainedGuard, inOrder: string): string {
  const after = guardName(late.guard);
  if (late.place === 'global')
    return (
      `Register ${after} first: both as APP_GUARD in the providers of one module, ${after} above ${guardName(opa.guard)}. ` +
      'The APP_GUARDs of a module run before those of the modules that it imports'
    );
  if (opa.place === 'global')
    return `Make ${after} global too, in front of OpaGuard, or replace the global OpaGuard by ${inOrder}`;
  return `Write ${inOrder}`;
}

import type { Type } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';

type Wrapper = Pick<
  ReturnType<DiscoveryService['getProviders']>[number],
  'isNotMetatype' | 'metatype' | 'instance'
>;

/** The class that a provider or controller is made of; of `useFactory` and `useValue` the class of what they give. */
export function providedClass({ isNotMetatype, metatype, instance }: Wrapper): Type | undefined {
  const made: unknown = isNotMetatype ? (instance as object | null | undefined)?.constructor : metatype;
  // Not every function is a class.
  const isClass = typeof made === 'function' && made !== Object && typeof made.prototype === 'object';
  return isClass && made.prototype !== null ? (made as Type) : undefined;
}

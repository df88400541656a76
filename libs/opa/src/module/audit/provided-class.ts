import type { Type } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';

type Wrapper = Pick<
  ReturnType<DiscoveryService['getProviders']>[number],
  'isNotMetatype' | 'metatype' | 'instance'
>;

/** The class of a provider or controller. For `useFactory` and `useValue` this is the class of the provided value. */
export function providedClass({ isNotMetatype, metatype, instance }: Wrapper): Type | undefined {
  const type: unknown = isNotMetatype ? (instance as object | null | undefined)?.constructor : metatype;
  // Arrow functions and methods are not classes: they have no prototype.
  const isClass = typeof type === 'function' && type !== Object && typeof type.prototype === 'object';
  return isClass && type.prototype !== null ? (type as Type) : undefined;
}

import type { InjectionToken } from '@nestjs/common';
import { OpaEnforcement } from './enforcement.js';

/** Returns the injection token of a class in a named module instance. For the unnamed instance it is the class itself. */
export function instanceToken(
  of: { name: string } & InjectionToken,
  name: string | undefined,
): InjectionToken {
  return name === undefined ? of : Symbol.for(`nestjs-opa:${of.name}:${name}`);
}

/** Returns the injection token of a module instance's {@link OpaEnforcement}. */
export function enforcementToken(name: string | undefined): InjectionToken {
  return instanceToken(OpaEnforcement, name);
}

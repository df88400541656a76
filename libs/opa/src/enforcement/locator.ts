import type { ModuleRef } from '@nestjs/core';
import { OpaError } from '../contracts/index.js';
import type { OpaEnforcement } from './enforcement.js';
import { enforcementToken } from './tokens.js';

/** Finds the module instance that a handler names; the unnamed one when it names none. */
export class EnforcementLocator {
  private readonly named = new Map<string, OpaEnforcement>();

  constructor(
    private readonly modules: ModuleRef,
    private readonly unnamed: OpaEnforcement | undefined,
  ) {}

  /** @throws OpaError `OPA_BAD_OPTIONS` when there is no such instance */
  find(name: string | undefined): OpaEnforcement {
    const found = name === undefined ? this.unnamed : (this.named.get(name) ?? this.look(name));
    if (found !== undefined) return found;
    throw new OpaError(
      'OPA_BAD_OPTIONS',
      name === undefined
        ? 'There is no unnamed OpaModule: import OpaModule.forRoot(…) without a name, or name the instance in @OpaPolicy.'
        : `There is no OpaModule named ${JSON.stringify(name)}: import OpaModule.forRoot({ name, … }).`,
    );
  }

  private look(name: string): OpaEnforcement | undefined {
    try {
      const found = this.modules.get<OpaEnforcement>(enforcementToken(name), { strict: false });
      this.named.set(name, found);
      return found;
    } catch {
      return undefined;
    }
  }
}

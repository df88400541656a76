import type { ExecutionContext, Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { OpaError } from '../contracts/index.js';
import type { Declaration } from '../decorators/index.js';
import { declarationWithin } from '../decorators/index.js';
import type { OpaEnforcement } from './enforcement.js';
import { declared } from './enforcement.js';
import { Obligations } from './obligations/index.js';
import { enforcementToken } from './tokens.js';

/** Finds the module instance that a handler names; the unnamed one when it names none. */
export class EnforcementLocator {
  private readonly named = new Map<string, OpaEnforcement>();

  constructor(
    private readonly modules: ModuleRef,
    private readonly unnamed: OpaEnforcement | undefined,
  ) {}

  /** What holds for the handler of a context, with the public markers of the instance that decides it. */
  declared(context: ExecutionContext): Declaration | undefined {
    const own = declared(context);
    const { publicKeys = [] } = this.lookUp(own?.instance)?.settings ?? {};
    return publicKeys.length === 0
      ? own
      : declarationWithin(context.getHandler(), context.getClass<Type>(), publicKeys);
  }

  /** @throws OpaError `OPA_BAD_OPTIONS` when there is no such instance */
  find(name: string | undefined): OpaEnforcement {
    const found = this.lookUp(name);
    if (found !== undefined) return found;
    throw new OpaError(
      'OPA_BAD_OPTIONS',
      name === undefined
        ? 'There is no unnamed OpaModule: import OpaModule.forRoot(…) without a name, or name the instance in @OpaPolicy.'
        : `There is no OpaModule named ${JSON.stringify(name)}: import OpaModule.forRoot({ name, … }).`,
    );
  }

  /** The instance of a name, if it is there. */
  lookUp(name: string | undefined): OpaEnforcement | undefined {
    return name === undefined ? this.unnamed : (this.named.get(name) ?? this.look(name));
  }

  /**
   * To be called when the application starts.
   *
   * @param user - who needs an instance
   * @throws OpaError `OPA_BAD_OPTIONS` when the application has none at all, named or not
   */
  assertModule(user: string): void {
    if (this.unnamed !== undefined) return;
    try {
      // Every instance of the module has this provider.
      this.modules.get(Obligations, { strict: false });
    } catch {
      throw new OpaError(
        'OPA_BAD_OPTIONS',
        `${user} is used, but the application has no OpaModule: import OpaModule.forRoot({ url: 'http://…:8181' }) in the root module.`,
      );
    }
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

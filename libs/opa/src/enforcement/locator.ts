import type { ExecutionContext, Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { OpaError } from '../contracts/index.js';
import type { Declaration } from '../decorators/index.js';
import { declarationWithin } from '../decorators/index.js';
import type { OpaEnforcement } from './enforcement.js';
import { declared } from './enforcement.js';
import { Obligations } from './obligations/index.js';
import { enforcementToken } from './tokens.js';

/** Finds the module instance that a handler names, or the unnamed instance. */
export class EnforcementLocator {
  private readonly named = new Map<string, OpaEnforcement>();

  constructor(
    private readonly modules: ModuleRef,
    private readonly unnamed: OpaEnforcement | undefined,
  ) {}

  /** Returns the declaration that applies to a context's handler. It considers the instance's own public markers. */
  declared(context: ExecutionContext): Declaration | undefined {
    const declaration = declared(context);
    const { publicKeys = [] } = this.lookUp(declaration?.instance)?.settings ?? {};
    return publicKeys.length === 0
      ? declaration
      : declarationWithin(context.getHandler(), context.getClass<Type>(), publicKeys);
  }

  /** @throws OpaError `OPA_BAD_OPTIONS` when there is no such instance */
  find(name: string | undefined): OpaEnforcement {
    const enforcement = this.lookUp(name);
    if (enforcement !== undefined) return enforcement;
    throw new OpaError(
      'OPA_BAD_OPTIONS',
      name === undefined
        ? 'There is no unnamed OpaModule: import OpaModule.forRoot(…) without a name, or name the instance in @OpaPolicy.'
        : `There is no OpaModule named ${JSON.stringify(name)}: import OpaModule.forRoot({ name, … }).`,
    );
  }

  /** Returns the instance of a name; `undefined` when the application has no such instance. */
  lookUp(name: string | undefined): OpaEnforcement | undefined {
    return name === undefined ? this.unnamed : (this.named.get(name) ?? this.look(name));
  }

  /**
   * Checks at start-up that the application has a module instance.
   *
   * @param user - the class that needs an instance, for the message
   * @throws OpaError `OPA_BAD_OPTIONS` when the application has no instance, neither a named nor an unnamed one
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
      const enforcement = this.modules.get<OpaEnforcement>(enforcementToken(name), { strict: false });
      this.named.set(name, enforcement);
      return enforcement;
    } catch {
      return undefined;
    }
  }
}

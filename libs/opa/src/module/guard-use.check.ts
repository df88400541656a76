import type { OnModuleInit, Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { OpaError } from '../contracts/index.js';
import { declarationWithin } from '../decorators/index.js';
import type { PublicKeys } from '../decorators/index.js';
import { OpaGuard } from '../guard/index.js';
import { coverageOf } from './audit/coverage.js';
import type { Handler, HandlerSources } from './audit/handlers.js';
import { handlersOf } from './audit/handlers.js';

/** Stops the start when a handler needs the unnamed OpaModule, but its OpaGuard can't find that module. */
export class GuardUseCheck implements OnModuleInit {
  constructor(
    private readonly sources: HandlerSources,
    private readonly publicKeys: PublicKeys = [],
  ) {}

  /** @throws OpaError `OPA_BAD_OPTIONS` with the name of the handler */
  onModuleInit(): void {
    for (const handler of handlersOf(this.sources)) {
      if (!this.needsUnnamed(handler)) continue;
      const guards = coverageOf(handler, this.sources).guards.flatMap(({ guard }) =>
        this.instancesOf(guard, handler),
      );
      if (guards.every((guard) => guard.hasUnnamed)) continue;
      throw new OpaError(
        'OPA_BAD_OPTIONS',
        `${handler.controller.name}.${handler.method.name} is under an OpaGuard that finds no unnamed OpaModule: ` +
          'import OpaModule.forRoot(…) without a name (with isGlobal: false in this module too), ' +
          'or name the instance in @OpaPolicy.',
      );
    }
  }

  private needsUnnamed({ controller, method }: Handler): boolean {
    const declaration = declarationWithin(method, controller, this.publicKeys);
    return (
      declaration === undefined || (declaration.policies.length > 0 && declaration.instance === undefined)
    );
  }

  // Nest creates a separate guard of @UseGuards in each module whose handlers use the guard.
  private instancesOf(guard: unknown, { controller }: Handler): OpaGuard[] {
    const instances =
      typeof guard === 'function' ? instancesIn(this.sources.modules, controller, guard) : [guard];
    return instances.filter((instance): instance is OpaGuard => instance instanceof OpaGuard);
  }
}

function instancesIn(modules: ModulesContainer, controller: Type, guard: unknown): unknown[] {
  return (
    [...modules.values()]
      .filter((module) =>
        [...module.controllers.values(), ...module.providers.values()].some(
          ({ metatype }) => metatype === controller,
        ),
      )
      .map((module) => module.injectables.get(guard as Type))
      // Nest creates a request-scoped guard only during a request, so no instance exists at start-up.
      .map((injectable): unknown => injectable?.isDependencyTreeStatic() === true && injectable.instance)
  );
}

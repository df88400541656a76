import type { OnModuleInit } from '@nestjs/common';
import type { DeclaredPolicies, MethodCandidate } from '../contexts/index.js';
import { CONTEXTS } from '../contexts/index.js';
import { OpaError } from '../contracts/index.js';
import type { PublicKeys } from '../decorators/index.js';
import { declarationOf, declarationWithin } from '../decorators/index.js';
import type { HandlerSources } from './audit/handlers.js';
import { candidatesOf } from './audit/handlers.js';

/** Stops the start when OPA would never evaluate a policy. Example: the response policy of a handler with `@Res()`. */
export class NeverEvaluatedCheck implements OnModuleInit {
  constructor(
    private readonly sources: HandlerSources,
    private readonly instance: string | undefined,
    private readonly publicKeys: PublicKeys = [],
  ) {}

  /** @throws OpaError `OPA_BAD_OPTIONS` with the name of the handler */
  onModuleInit(): void {
    for (const candidate of candidatesOf(this.sources)) {
      const declared = this.declaredBy(candidate);
      for (const { audit } of Object.values(CONTEXTS)) {
        const why = audit.neverEvaluated(candidate, declared, this.sources);
        if (why === undefined) continue;
        throw new OpaError('OPA_BAD_OPTIONS', `${candidate.controller.name}.${candidate.key} ${why}`);
      }
    }
  }

  private declaredBy({ controller, method }: MethodCandidate): DeclaredPolicies {
    const declaration = declarationWithin(method, controller, this.publicKeys);
    // Each module instance checks only its own handlers.
    const hasResponse = declaration?.response !== undefined && declaration.instance === this.instance;
    const onMethod = declarationOf(method, Object);
    return { hasResponse, namesOwnPolicies: onMethod !== undefined && onMethod.policies.length > 0 };
  }
}

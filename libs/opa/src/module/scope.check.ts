import type { InjectionToken, OnModuleInit } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import { OpaError } from '../contracts/index.js';

/** Stops the start when Nest would create a new module instance, with sockets and a guard, for each request. */
export class ScopeCheck implements OnModuleInit {
  /** @param token - the token of a provider that depends on the instance's options */
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly token: InjectionToken,
  ) {}

  /** @throws OpaError `OPA_BAD_OPTIONS` */
  onModuleInit(): void {
    const found = this.discovery.getProviders().filter(({ token }) => token === this.token);
    if (found.every((provider) => provider.isDependencyTreeStatic())) return;
    throw new OpaError(
      'OPA_BAD_OPTIONS',
      'OpaModule: the factory of the options injects a request-scoped provider, so that each request would get sockets ' +
        'and a guard of its own, and GraphQL would skip the guard. Inject singletons; what a request knows belongs in ' +
        '"input.subject", "input.shape" or @OpaInput, which are given its ExecutionContext.',
    );
  }
}

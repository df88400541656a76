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
    const providers = this.discovery.getProviders().filter(({ token }) => token === this.token);
    if (providers.every((provider) => provider.isDependencyTreeStatic())) return;
    throw new OpaError(
      'OPA_BAD_OPTIONS',
      'OpaModule: the factory of the options injects a request-scoped provider. Each request would then get separate ' +
        'sockets and a separate guard, and GraphQL would skip the guard. Inject singletons. Read data of a request in ' +
        '"input.subject", "input.shape" or @OpaInput, which get its ExecutionContext.',
    );
  }
}

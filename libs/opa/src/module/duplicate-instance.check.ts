import type { OnModuleInit } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { OpaError } from '../contracts/index.js';
import { enforcementToken } from '../enforcement/index.js';

/**
 * Stops the start when two global module instances have the same name, or none. Nest would give each handler one of the
 * two, by the order of the imports.
 */
export class DuplicateInstanceCheck implements OnModuleInit {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly name: string | undefined,
  ) {}

  /** @throws OpaError `OPA_BAD_OPTIONS` */
  onModuleInit(): void {
    const token = enforcementToken(this.name);
    const instances = [...this.modules.values()].filter(
      ({ isGlobal, providers }) => isGlobal && providers.has(token),
    );
    if (instances.length <= 1) return;
    const which = this.name === undefined ? 'without a name' : `with the name ${JSON.stringify(this.name)}`;
    throw new OpaError(
      'OPA_BAD_OPTIONS',
      `OpaModule: the application imports ${instances.length} global instances ${which}. Import one, ` +
        'give the others a "name", or set isGlobal: false.',
    );
  }
}

import type { OnModuleInit } from '@nestjs/common';
import { inputsOf } from '../decorators/index.js';
import type { InputProviders } from '../enforcement/index.js';
import { isInputProvider } from '../input/index.js';
import type { HandlerSources } from './audit/handlers.js';
import { handlersOf } from './audit/handlers.js';

/** Stops the start when `@OpaInput` names a class that is not a provider or can't build an input. */
export class InputProviderCheck implements OnModuleInit {
  constructor(
    private readonly sources: HandlerSources,
    private readonly providers: InputProviders,
  ) {}

  /** @throws OpaError `OPA_BAD_OPTIONS` with the name of the class and the missing part */
  onModuleInit(): void {
    for (const { controller, method } of handlersOf(this.sources))
      for (const input of inputsOf(method, controller))
        if (isInputProvider(input)) this.providers.find(input, controller);
  }
}

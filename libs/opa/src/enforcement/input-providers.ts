import type { Type } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { OpaError } from '../contracts/index.js';
import type { InputFunction } from '../input/index.js';
import type { OpaInputProvider } from '../input/index.js';
import { isInputProvider } from '../input/index.js';

/** Finds the providers that `@OpaInput` names. */
@Injectable()
export class InputProviders {
  private readonly cache = new WeakMap<Type, Map<Type, OpaInputProvider>>();

  constructor(@Inject(ModulesContainer) private readonly modules: ModulesContainer) {}

  /** Returns the function of an `@OpaInput`: the function itself, or the method `build` of the provider. */
  functionOf(input: InputFunction | Type<OpaInputProvider>, controller: Type): InputFunction {
    if (!isInputProvider(input)) return input;
    const provider = this.find(input, controller);
    return (context, inputSoFar) => provider.build(context, inputSoFar);
  }

  /**
   * Finds a provider in the module of a handler's class, else in any other module.
   *
   * @throws OpaError `OPA_BAD_OPTIONS` when there is no such provider, or when it is of request scope
   */
  find(token: Type<OpaInputProvider>, controller: Type): OpaInputProvider {
    const providers = this.cache.get(controller) ?? new Map<Type, OpaInputProvider>();
    this.cache.set(controller, providers);
    const provider = providers.get(token) ?? this.look(token, controller);
    providers.set(token, provider);
    return provider;
  }

  private look(token: Type<OpaInputProvider>, controller: Type): OpaInputProvider {
    const modules = [...this.modules.values()];
    const declaring = modules.filter(({ controllers, providers }) =>
      [...controllers.values(), ...providers.values()].some(({ metatype }) => metatype === controller),
    );
    const wrapper = [...declaring, ...modules]
      .map(({ providers }) => providers.get(token))
      .find((candidate) => candidate !== undefined);
    const refused = (why: string): OpaError =>
      new OpaError('OPA_BAD_OPTIONS', `${controller.name}: @OpaInput(${token.name}): ${why}.`);
    if (wrapper === undefined)
      throw refused(
        `${token.name} is not a provider; add it to the providers of ${declaring[0]?.metatype.name ?? 'the module'}`,
      );
    if (wrapper.isTransient || !wrapper.isDependencyTreeStatic())
      throw refused(
        'the provider is of request scope; make it a singleton, because build() gets the context of each request',
      );
    return wrapper.instance as OpaInputProvider;
  }
}

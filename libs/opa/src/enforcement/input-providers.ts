import type { Type } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { OpaError } from '../contracts/index.js';
import type { InputFunction } from '../input/index.js';
import type { OpaInputProvider } from '../input/index.js';
import { isInputProvider } from '../input/index.js';

/** The application's providers that build inputs, as `@OpaInput` names them. */
@Injectable()
export class InputProviders {
  private readonly known = new WeakMap<Type, Map<Type, OpaInputProvider>>();

  constructor(@Inject(ModulesContainer) private readonly modules: ModulesContainer) {}

  /** The function of an `@OpaInput`: itself, or that of its provider. */
  functionOf(input: InputFunction | Type<OpaInputProvider>, controller: Type): InputFunction {
    if (!isInputProvider(input)) return input;
    const provider = this.find(input, controller);
    return (context, built) => provider.build(context, built);
  }

  /**
   * Finds a provider in the module of a handler's class, else in any other.
   *
   * @throws OpaError `OPA_BAD_OPTIONS` when there is none, or it is made for each request
   */
  find(token: Type<OpaInputProvider>, controller: Type): OpaInputProvider {
    const known = this.known.get(controller) ?? new Map<Type, OpaInputProvider>();
    this.known.set(controller, known);
    const provider = known.get(token) ?? this.look(token, controller);
    known.set(token, provider);
    return provider;
  }

  private look(token: Type<OpaInputProvider>, controller: Type): OpaInputProvider {
    const modules = [...this.modules.values()];
    const own = modules.filter(({ controllers, providers }) =>
      [...controllers.values(), ...providers.values()].some(({ metatype }) => metatype === controller),
    );
    const wrapper = [...own, ...modules]
      .map(({ providers }) => providers.get(token))
      .find((found) => found !== undefined);
    const refused = (why: string): OpaError =>
      new OpaError('OPA_BAD_OPTIONS', `${controller.name}: @OpaInput(${token.name}): ${why}.`);
    if (wrapper === undefined)
      throw refused(
        `${token.name} is no provider; add it to the providers of ${own[0]?.metatype.name ?? 'the module'}`,
      );
    if (wrapper.isTransient || !wrapper.isDependencyTreeStatic())
      throw refused('the provider is made for each request; make it a singleton: build is given the context');
    return wrapper.instance as OpaInputProvider;
  }
}

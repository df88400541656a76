import type { Type } from '@nestjs/common';
import { OpaError } from '../contracts/index.js';
import type { PolicyGroup } from '../decision/index.js';
import type { InputFunction } from '../input/index.js';
import type { OpaInputProvider } from '../input/index.js';
import { isInputProvider } from '../input/index.js';
import { describeForSwagger } from './swagger.js';

/** The options of `@OpaPolicy`. */
export interface OpaPolicyOptions {
  /** The policy that decides about the handler's result. OpaInterceptor evaluates it. */
  readonly response?: string;
  /** With several policies: whether all of them must allow, or any one of them. Default: `'all'`. */
  readonly combine?: 'all' | 'any';
  /**
   * Whether OPA also evaluates the class's policies, before those of the handler. Both groups must allow, each by
   * its own `combine`. Default: `false`, so that the handler's policies replace those of the class.
   */
  readonly inherit?: boolean;
  /** With `'permissive'`, a denial is reported and the request passes. Default: the module's `mode`. */
  readonly mode?: 'enforce' | 'permissive';
  /** The name of the module instance that decides. Default: the unnamed instance. */
  readonly instance?: string;
  /** The timeout of a decision, in milliseconds. Default: the module's `timeout`. */
  readonly timeout?: number;
}

/** The declaration of a handler or class. With an empty list of policies, the guard lets every request pass. */
export interface Declaration extends OpaPolicyOptions {
  readonly policies: readonly string[];
  /** The policies that the handler's own code evaluates (`@OpaDecides`), for the audit. */
  readonly inCode?: readonly string[];
  /** How the decisions are combined. The policies of the class and of the handler form one group each. */
  readonly groups: readonly PolicyGroup[];
}

/** Makes a declaration whose policies form one group. */
export function declarationWith(policies: readonly string[], options: OpaPolicyOptions = {}): Declaration {
  return { ...options, policies, groups: [{ policies, combine: options.combine }] };
}

const DECLARATION = Symbol.for('nestjs-opa:declaration');
const INPUT = Symbol.for('nestjs-opa:input');

type Target = abstract new (...args: never[]) => unknown;

/**
 * Makes a decorator that declares policies on a class or handler.
 *
 * @throws OpaError `OPA_BAD_OPTIONS`, from the decorator, for a second declaration on the same class or handler
 */
export function declare(declaration: Declaration): ClassDecorator & MethodDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const declared = (descriptor?.value as object | undefined) ?? target;
    if (Reflect.hasOwnMetadata(DECLARATION, declared)) {
      throw new OpaError(
        'OPA_BAD_OPTIONS',
        `${nameOf(declared)} has two declarations. Use only one of @OpaPolicy, @OpaPublic and @OpaDecides on a class or handler.`,
      );
    }
    Reflect.defineMetadata(DECLARATION, declaration, declared);
    // After all decorators have run: the decorators of @nestjs/swagger merge with existing metadata, or skip their own.
    const policies = declaration.inCode ?? declaration.policies;
    if (policies.length === 0) return;
    const owner = declared === target ? target : target.constructor;
    queueMicrotask(() => describeForSwagger(declared, owner, { policies }, ownDeclaration));
  };
}

function ownDeclaration(handler: object): Declaration | undefined {
  return Reflect.getOwnMetadata(DECLARATION, handler) as Declaration | undefined;
}

/** The argument of `@OpaInput`: a function, or the class of a provider. */
export type InputSource = InputFunction | Type<OpaInputProvider>;

/**
 * Makes a decorator that adds an input function or provider to a class or handler.
 *
 * @throws OpaError `OPA_BAD_OPTIONS` for a class without a method `build`
 */
export function declareInput(fn: InputSource): ClassDecorator & MethodDecorator {
  if (!isInputProvider(fn) && String(fn).startsWith('class'))
    throw new OpaError(
      'OPA_BAD_OPTIONS',
      `@OpaInput(${fn.name}): the class has no method build(context, input). Implement OpaInputProvider.`,
    );
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    Reflect.defineMetadata(INPUT, fn, (descriptor?.value as object | undefined) ?? target);
  };
}

/**
 * Returns the declaration that applies to a handler: its own, else that of its class. With `inherit`, it combines both.
 */
export const declarationOf = once((handler, controller): Declaration | undefined => {
  const inner = Reflect.getMetadata(DECLARATION, handler) as Declaration | undefined;
  const outer = Reflect.getMetadata(DECLARATION, controller) as Declaration | undefined;
  if (inner?.inherit !== true || outer === undefined) return inner ?? outer;
  const policies = [...outer.policies, ...inner.policies];
  const both = declarationWith(policies, { ...outer, ...inner });
  const groups = [outer, inner].filter((part) => part.policies.length > 0).flatMap((part) => part.groups);
  return groups.some(({ combine }) => combine === 'any') ? { ...both, groups } : both;
});

/** The metadata keys of an application's own public markers. A marker with the value `true` means `@OpaPublic`. */
export type PublicKeys = readonly (string | symbol)[];

const PUBLIC = declarationWith([]);

/**
 * Returns the declaration that applies to a handler in an application with its own public markers.
 *
 * @remarks The handler has precedence over the class. On the same handler or class, a declaration of this library has
 * precedence over a marker.
 */
export function declarationWithin(
  handler: object,
  controller: Target,
  publicKeys: PublicKeys,
): Declaration | undefined {
  const declaration = declarationOf(handler, controller);
  if (publicKeys.length === 0 || Reflect.hasMetadata(DECLARATION, handler)) return declaration;
  const onHandler = publicKeys.map((key): unknown => Reflect.getMetadata(key, handler));
  if (onHandler.includes(true)) return PUBLIC;
  if (declaration !== undefined) return declaration;
  const isPublic = publicKeys.some(
    (key, index) => onHandler[index] === undefined && Reflect.getMetadata(key, controller) === true,
  );
  return isPublic ? PUBLIC : undefined;
}

/** Lists the input functions and providers of a handler: that of the class first, then that of the handler. */
export const inputsOf = once((handler, controller): readonly InputSource[] =>
  [Reflect.getMetadata(INPUT, controller), Reflect.getMetadata(INPUT, handler)].filter(
    (fn): fn is InputSource => fn !== undefined,
  ),
);

// Decorators run when the class is defined and set nothing later, so metadata is read once for each handler.
function once<T>(
  read: (handler: object, controller: Target) => T,
): (handler: object, controller: Target) => T {
  const cache = new WeakMap<object, { readonly controller: Target; readonly value: T }>();
  return (handler, controller) => {
    const cached = cache.get(handler);
    // Several classes may inherit one method: the cache holds the value for the latest class.
    if (cached?.controller === controller) return cached.value;
    const value = read(handler, controller);
    cache.set(handler, { controller, value });
    return value;
  };
}

function nameOf(target: object): string {
  return 'name' in target && typeof target.name === 'string' ? target.name : 'A handler';
}

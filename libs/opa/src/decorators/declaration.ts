import type { Type } from '@nestjs/common';
import { OpaError } from '../contracts/index.js';
import type { PolicyGroup } from '../decision/index.js';
import type { InputFunction } from '../input/index.js';
import type { OpaInputProvider } from '../input/index.js';
import { isInputProvider } from '../input/index.js';
import { describeForSwagger } from './swagger.js';

/** What `@OpaPolicy` takes beside the path. */
export interface OpaPolicyOptions {
  /** The policy that is asked about the handler's result. */
  readonly response?: string;
  /** Where several policies are named: whether all must allow, or any. Default: `'all'`. */
  readonly combine?: 'all' | 'any';
  /**
   * Ask the class's policies too, before the handler's own: both must allow, each by its own `combine`. Default:
   * `false`, the handler's own replace them.
   */
  readonly inherit?: boolean;
  /** `'permissive'` lets through and reports what this handler's policies would have stopped. Default: the module's. */
  readonly mode?: 'enforce' | 'permissive';
  /** The named instance of the module that decides. Default: the unnamed one. */
  readonly instance?: string;
  /** The time for a decision, in milliseconds. Default: the module's `timeout`. */
  readonly timeout?: number;
}

/** What a handler or class declares; without policies the guard lets everyone in. */
export interface Declaration extends OpaPolicyOptions {
  readonly policies: readonly string[];
  /** The handler decides in code (`@OpaDecides`), by the policies that it names for the audit. */
  readonly inCode?: readonly string[];
  /** How their decisions become one: the class's and the handler's own may differ in it. */
  readonly groups: readonly PolicyGroup[];
}

/** Declares policies, all of one group. */
export function declarationWith(policies: readonly string[], options: OpaPolicyOptions = {}): Declaration {
  return { ...options, policies, groups: [{ policies, combine: options.combine }] };
}

const DECLARATION = Symbol.for('nestjs-opa:declaration');
const INPUT = Symbol.for('nestjs-opa:input');

type Target = abstract new (...args: never[]) => unknown;

/** Declares on a class or handler; a second, different declaration there is a mistake. */
export function declare(declaration: Declaration): ClassDecorator & MethodDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const on = (descriptor?.value as object | undefined) ?? target;
    if (Reflect.hasOwnMetadata(DECLARATION, on)) {
      throw new OpaError(
        'OPA_BAD_OPTIONS',
        `${nameOf(on)} has two declarations: use one of @OpaPolicy, @OpaPublic and @OpaDecides, once, on a class or handler.`,
      );
    }
    Reflect.defineMetadata(DECLARATION, declaration, on);
    // When all decorators have run: @nestjs/swagger's own must find none of it, for they merge, or give way.
    const policies = declaration.inCode ?? declaration.policies;
    if (policies.length === 0) return;
    const owner = on === target ? target : target.constructor;
    queueMicrotask(() => describeForSwagger(on, owner, { policies }, ownDeclaration));
  };
}

function ownDeclaration(on: object): Declaration | undefined {
  return Reflect.getOwnMetadata(DECLARATION, on) as Declaration | undefined;
}

/** What adds to the input of a handler. */
export type InputSource = InputFunction | Type<OpaInputProvider>;

/** Adds an input function, or a provider that has one, to a class or handler. */
export function declareInput(fn: InputSource): ClassDecorator & MethodDecorator {
  if (!isInputProvider(fn) && String(fn).startsWith('class'))
    throw new OpaError(
      'OPA_BAD_OPTIONS',
      `@OpaInput(${fn.name}): the class has no method build(context, input).`,
    );
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    Reflect.defineMetadata(INPUT, fn, (descriptor?.value as object | undefined) ?? target);
  };
}

/** What holds for a handler: its own declaration, else its class's, else none; both when its own inherits. */
export const declarationOf = once((handler, controller): Declaration | undefined => {
  const own = Reflect.getMetadata(DECLARATION, handler) as Declaration | undefined;
  const outer = Reflect.getMetadata(DECLARATION, controller) as Declaration | undefined;
  if (own?.inherit !== true || outer === undefined) return own ?? outer;
  const policies = [...outer.policies, ...own.policies];
  const both = declarationWith(policies, { ...outer, ...own });
  const groups = [outer, own].filter((one) => one.policies.length > 0).flatMap((one) => one.groups);
  return groups.some(({ combine }) => combine === 'any') ? { ...both, groups } : both;
});

/** The keys of an application's own public markers: a marker with the value `true` stands for `@OpaPublic`. */
export type PublicKeys = readonly (string | symbol)[];

const PUBLIC = declarationWith([]);

/**
 * What holds for a handler where the application has public markers of its own. The handler's say before the class's;
 * at the same place a declaration of this library wins.
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

/** The input functions of a handler: the class's first, then its own. */
export const inputsOf = once((handler, controller): readonly InputSource[] =>
  [Reflect.getMetadata(INPUT, controller), Reflect.getMetadata(INPUT, handler)].filter(
    (fn): fn is InputSource => fn !== undefined,
  ),
);

// Decorators have run when a class is there: what they say of a handler is read the first time alone.
function once<T>(
  read: (handler: object, controller: Target) => T,
): (handler: object, controller: Target) => T {
  const known = new WeakMap<object, { readonly controller: Target; readonly found: T }>();
  return (handler, controller) => {
    const last = known.get(handler);
    // A method that several classes inherit is read again for each in turn.
    if (last?.controller === controller) return last.found;
    const found = read(handler, controller);
    known.set(handler, { controller, found });
    return found;
  };
}

function nameOf(target: object): string {
  return 'name' in target && typeof target.name === 'string' ? target.name : 'A handler';
}

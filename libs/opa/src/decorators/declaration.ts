import { OpaError } from '../contracts/index.js';
import type { PolicyGroup } from '../decision/index.js';
import type { InputFunction } from '../input/index.js';

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

/** What a handler or class declares; without policies it is public. */
export interface Declaration extends OpaPolicyOptions {
  readonly policies: readonly string[];
  /** The class's and the handler's own, where they can't be combined as one. */
  readonly groups?: readonly PolicyGroup[];
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
        `${nameOf(on)} has two declarations: use one of @OpaPolicy and @OpaPublic, once, on a class or handler.`,
      );
    }
    Reflect.defineMetadata(DECLARATION, declaration, on);
  };
}

/** Adds an input function to a class or handler. */
export function declareInput(fn: InputFunction): ClassDecorator & MethodDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    Reflect.defineMetadata(INPUT, fn, (descriptor?.value as object | undefined) ?? target);
  };
}

/** What holds for a handler: its own declaration, else its class's, else none; both when its own inherits. */
export function declarationOf(handler: object, controller: Target): Declaration | undefined {
  const own = Reflect.getMetadata(DECLARATION, handler) as Declaration | undefined;
  const outer = Reflect.getMetadata(DECLARATION, controller) as Declaration | undefined;
  if (own?.inherit !== true || outer === undefined) return own ?? outer;
  const both = { ...outer, ...own, policies: [...outer.policies, ...own.policies] };
  const groups = [outer, own].filter(({ policies }) => policies.length > 0);
  return groups.some(({ combine }) => combine === 'any') ? { ...both, groups } : both;
}

/** The input functions of a handler: the class's first, then its own. */
export function inputsOf(handler: object, controller: Target): readonly InputFunction[] {
  return [Reflect.getMetadata(INPUT, controller), Reflect.getMetadata(INPUT, handler)].filter(
    (fn): fn is InputFunction => fn !== undefined,
  );
}

function nameOf(target: object): string {
  return 'name' in target && typeof target.name === 'string' ? target.name : 'A handler';
}

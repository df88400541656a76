import type { ExecutionContext } from '@nestjs/common';
import type { Decision, Obligation } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';

/** What an obligation came with. */
export interface OpaObligationScene {
  /** The decision. A handler runs on permits and on denials. */
  readonly decision: Decision;
  /** What Nest knows of the call; of an MCP message, the HTTP request that brought it. */
  readonly context: ExecutionContext;
  /** The MCP message that was decided; `undefined` for every other kind of route. */
  readonly mcp?: { readonly method: string; readonly params: Readonly<Record<string, unknown>> };
}

/** Carries out the obligations of one type; see {@link OpaObligation}. */
export interface OpaObligationHandler {
  /**
   * Carries out one obligation, before the request is let through or refused.
   *
   * @remarks Whatever it throws, or rejects with, turns a permit into a denial; a denial stays one. It is logged.
   */
  handle(obligation: Obligation, scene: OpaObligationScene): void | Promise<void>;
}

const TYPE = Symbol.for('nestjs-opa:obligation');

/**
 * Registers a provider as the one that carries out obligations of a type, for the guard and the interceptor of every
 * module instance. The class implements {@link OpaObligationHandler} and is a singleton.
 *
 * @param type - an obligation's `type`; not one of the built-in `mask`, `remove`, `header` and `step-up`
 * @throws OpaError `OPA_BAD_OPTIONS`, here for an empty type; when the application starts, for a type that another
 * provider or the library has, a class without `handle`, and a provider that is not a singleton
 * @example
 * ```ts
 * @OpaObligation('log')
 * export class LogObligation implements OpaObligationHandler {
 *   handle({ properties }: Obligation, { decision }: OpaObligationScene): void {
 *     console.log({ policy: decision.policy, allowed: decision.allowed, ...properties });
 *   }
 * }
 * ```
 */
export function OpaObligation(type: string): ClassDecorator {
  if (typeof (type as unknown) !== 'string' || type === '')
    throw new OpaError('OPA_BAD_OPTIONS', '@OpaObligation: the type must be a text that is not empty.');
  return (target) => Reflect.defineMetadata(TYPE, type, target);
}

/** The type that a class is registered for, if it is. */
export function obligationTypeOf(target: object): string | undefined {
  return Reflect.getMetadata(TYPE, target) as string | undefined;
}

import type { ExecutionContext } from '@nestjs/common';
import type { Decision, Obligation } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';

/** What a handler of obligations gets beside the obligation. */
export interface OpaObligationScene {
  /** The decision. A handler runs on permits and on denials. */
  readonly decision: Decision;
  /** Whether the decision is about the request, or about the response to the request. */
  readonly phase: 'request' | 'response';
  /** Nest's context of the call. For an MCP message, the context of the HTTP request that carried the message. */
  readonly context: ExecutionContext;
  /** The MCP message that the decision is about; `undefined` for every other kind of route. */
  readonly mcp?: { readonly method: string; readonly params: Readonly<Record<string, unknown>> };
}

/** Carries out the obligations of one type; see {@link OpaObligation}. */
export interface OpaObligationHandler {
  /**
   * Carries out one obligation, before the request passes or is refused.
   *
   * @remarks When the method throws or rejects, the library logs the error, and a permit becomes a denial. Two codes of an
   * OpaError refuse the permitted request in their own way: `OPA_RATE_LIMITED` with 429, `OPA_LIMITER_UNAVAILABLE` with
   * 503. A denial stays a denial.
   */
  handle(obligation: Obligation, scene: OpaObligationScene): void | Promise<void>;
}

const TYPE = Symbol.for('nestjs-opa:obligation');

/**
 * Registers a provider that carries out all obligations of one type, for every module instance and on MCP. The class must
 * implement {@link OpaObligationHandler} and be a singleton.
 *
 * @param type - the `type` of obligations. The library itself carries out `mask`, `remove`, `header` and `step-up`.
 * @throws OpaError `OPA_BAD_OPTIONS` for an empty type. When the application starts, also for a type that the library or
 * another provider carries out, for a class without `handle`, and for a provider that is not a singleton.
 * @example
 * ```ts
 * import { Logger } from '@nestjs/common';
 * import { OpaObligation } from 'nestjs-opa';
 * import type { Obligation, OpaObligationHandler, OpaObligationScene } from 'nestjs-opa';
 *
 * @OpaObligation('log')
 * export class LogObligation implements OpaObligationHandler {
 *   private readonly logger = new Logger('Access');
 *
 *   handle({ properties }: Obligation, { decision }: OpaObligationScene): void {
 *     this.logger.log({ policy: decision.policy, allowed: decision.allowed, ...properties });
 *   }
 * }
 * ```
 */
export function OpaObligation(type: string): ClassDecorator {
  if (typeof (type as unknown) !== 'string' || type === '')
    throw new OpaError('OPA_BAD_OPTIONS', '@OpaObligation: the type must be a non-empty string.');
  return (target) => Reflect.defineMetadata(TYPE, type, target);
}

/** Returns the type of obligations that a class is registered for; `undefined` for other classes. */
export function obligationTypeOf(target: object): string | undefined {
  return Reflect.getMetadata(TYPE, target) as string | undefined;
}

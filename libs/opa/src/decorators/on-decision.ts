import 'reflect-metadata';

const LISTENS = Symbol.for('nestjs-opa:on-decision');

/**
 * Calls a method of a provider or controller for every decision of the application, of all module instances, once the
 * decision is made or has failed. The method gets an {@link OpaDecisionEvent}.
 *
 * @remarks The library calls the method before the caller of the decision continues, so that the method must be quick.
 * When it throws or rejects, the library logs the error, and the decision stays as it is. The provider must be a
 * singleton.
 * @throws OpaError `OPA_BAD_OPTIONS` when the application starts, for a provider of request scope
 * @example
 * ```ts
 * import { Injectable, Logger } from '@nestjs/common';
 * import { OnOpaDecision } from 'nestjs-opa';
 * import type { OpaDecisionEvent } from 'nestjs-opa';
 *
 * @Injectable()
 * export class DenialLog {
 *   private readonly logger = new Logger('Access');
 *
 *   @OnOpaDecision()
 *   onDecision({ outcome, policy, route, reasons, decisionId }: OpaDecisionEvent): void {
 *     if (outcome !== 'allow') this.logger.log({ outcome, policy, route, reasons, decisionId });
 *   }
 * }
 * ```
 */
export function OnOpaDecision(): MethodDecorator {
  return (_target, _key, descriptor) => {
    Reflect.defineMetadata(LISTENS, true, descriptor.value as object);
  };
}

/** Tells whether a method has `@OnOpaDecision()`. */
export function listensToDecisions(method: unknown): boolean {
  return typeof method === 'function' && Reflect.getMetadata(LISTENS, method) === true;
}

import type { CanActivate, ExecutionContext, OnModuleInit } from '@nestjs/common';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Decision, MaybePromise } from '../contracts/index.js';
import { isPromise, OpaError } from '../contracts/index.js';
import type { DecidedInput, DecisionRecord } from '../contexts/index.js';
import {
  adapterOf,
  beginDecision,
  ContextOrigin,
  recordOf,
  UnknownContextException,
  verdictOn,
} from '../contexts/index.js';
import { combinedGroups, isAllowed } from '../decision/index.js';
import type { Declaration } from '../decorators/index.js';
import {
  denial,
  EnforcementLocator,
  failure,
  handlerName,
  obligationsOf,
  OpaEnforcement,
  Refused,
  syntheticDenial,
} from '../enforcement/index.js';
import type { Input } from '../input/index.js';
import { EarlyDenials } from './early-denials.js';
import { OPA_GUARD } from './guard-chain.js';

/** One call that the guard decides about. */
interface GuardedCall {
  readonly context: ExecutionContext;
  readonly record: DecisionRecord;
  readonly declaration: Declaration | undefined;
}

/**
 * Asks OPA before a handler runs. Use it by `@UseGuards(OpaGuard)`, or for all handlers by `APP_GUARD`.
 *
 * @remarks Only an allow lets the request pass. Otherwise the guard throws an exception in the form of the context. On HTTP
 * it is 403 for a denial or an undefined policy, and 503, 504 or 500 when OPA could not decide.
 *
 * When a handler has the guard twice, OPA is asked once for each request. OPA is asked again only when the input has
 * changed, such as by an authenticating guard in between. The guard refuses every context of an unknown kind.
 * @example
 * ```ts
 * import { Controller, Get, Module, Param, UseGuards } from '@nestjs/common';
 * import { APP_GUARD } from '@nestjs/core';
 * import { OpaGuard, OpaPolicy } from 'nestjs-opa';
 *
 * @Controller('orders')
 * @UseGuards(OpaGuard)
 * export class OrdersController {
 *   @Get(':id')
 *   @OpaPolicy('orders/read')
 *   read(@Param('id') id: string) {}
 * }
 *
 * // Or for the whole application:
 * @Module({ providers: [{ provide: APP_GUARD, useExisting: OpaGuard }] })
 * export class AppModule {}
 * ```
 */
@Injectable()
export class OpaGuard implements CanActivate, OnModuleInit {
  static readonly [OPA_GUARD] = true;
  private readonly logger = new Logger(OpaGuard.name);
  private readonly enforcements: EnforcementLocator;
  private readonly warned = new Set<string>();
  private readonly early: EarlyDenials;

  /** @internal Nest creates the guard. */
  constructor(
    @Inject(ModuleRef) modules: ModuleRef,
    @Optional() @Inject(OpaEnforcement) private readonly unnamed?: OpaEnforcement,
  ) {
    this.enforcements = new EnforcementLocator(modules, unnamed);
    this.early = new EarlyDenials(modules, this);
  }

  /** @throws OpaError `OPA_BAD_OPTIONS` when the application has no OpaModule */
  onModuleInit(): void {
    this.enforcements.assertModule('OpaGuard');
  }

  /**
   * Whether the guard can decide about handlers that name no module instance.
   *
   * @internal
   */
  get hasUnnamed(): boolean {
    return this.unnamed !== undefined;
  }

  /**
   * Decides about a call.
   *
   * @returns `true`, or a promise of it when the decision needs one; a refusal is a rejected promise
   */
  canActivate(context: ExecutionContext): MaybePromise<boolean> {
    const call = { context, record: recordOf(context), declaration: this.enforcements.declared(context) };
    try {
      const input = this.input(call);
      if (input === undefined) return true;
      return isPromise(input) ? this.decideLater(input, call) : this.decide(input, call);
    } catch (error) {
      return this.refuseUnasked(error, call);
    }
  }

  private async decideLater(input: PromiseLike<Input>, call: GuardedCall): Promise<boolean> {
    let ready: Input;
    try {
      ready = await input;
    } catch (error) {
      return this.refuseUnasked(error, call);
    }
    return this.decide(ready, call);
  }

  private decide(built: Input, call: GuardedCall): MaybePromise<boolean> {
    const { record, declaration } = call;
    const by = this.enforcements.find(declaration?.instance);
    const input: DecidedInput = { value: built, snapshot: by.snapshotOf(built), by };
    const verdict = verdictOn(record, input);
    if (verdict === undefined) {
      beginDecision(record, input);
      return (record.verdict = this.verdict(input, call));
    }
    // This run has stripped the policy headers from the request again: set the headers of the decision again.
    if (record.allowed !== undefined) permit(record.allowed, call);
    return verdict;
  }

  private verdict(input: DecidedInput, call: GuardedCall): MaybePromise<boolean> {
    try {
      const decision = this.evaluate(input, call);
      if (isPromise(decision) || !isPlainPermit(decision)) return this.enforce(decision, call);
      permit(decision, call);
      return true;
    } catch (error) {
      return this.refuse(error, call);
    }
  }

  private async enforce(pending: MaybePromise<Decision>, call: GuardedCall): Promise<boolean> {
    const { context, declaration, record } = call;
    try {
      const decision = await pending;
      if (!isPlainPermit(decision)) {
        const enforcement = this.enforcements.find(declaration?.instance);
        if (!isAllowed(decision))
          throw new Refused(await enforcement.obligations.deny(context, decision, 'request'));
        record.edits = await enforcement.fulfil(context, decision, false);
      }
      permit(decision, call);
      return true;
    } catch (error) {
      return this.refuse(error, call);
    }
  }

  /** Refuses a request for which no policy was asked. OpaService publishes the events of all other requests. */
  private refuseUnasked(error: unknown, call: GuardedCall): Promise<boolean> {
    const { context, declaration } = call;
    if (error instanceof OpaError)
      this.enforcements.lookUp(declaration?.instance)?.reportFailure(context, declaration, error);
    return this.refuse(error, call);
  }

  /** Throws the error in the form of the context. In permissive mode, a failure to build the input is only logged. */
  private async refuse(error: unknown, { context, declaration }: GuardedCall): Promise<boolean> {
    if (error instanceof UnknownContextException) throw error;
    if (error instanceof Refused) {
      this.early.report(context);
      throw await denial(context, error.decision);
    }
    const notBuilt = error instanceof OpaError && error.code === 'OPA_BAD_INPUT';
    const enforcement = notBuilt ? this.enforcements.find(declaration?.instance) : undefined;
    if (!notBuilt || enforcement?.isPermissive(context) !== true) throw await failure(context, error);
    const { policies } = declaration ?? enforcement.undeclared;
    this.logger.warn(
      `Permissive: the policy "${policies.join()}" could not be evaluated, and the request passes: ${error.message}`,
    );
    return true;
  }

  /** Builds the input of the decision; `undefined` when no policy applies and the handler may run. */
  private input({ context, declaration }: GuardedCall): MaybePromise<Input> | undefined {
    const point = adapterOf(context).point;
    // Without an unnamed instance there are no settings to apply to a public handler that names no instance.
    if (declaration?.policies.length === 0 && !this.hasUnnamed) return undefined;
    const enforcement = this.enforcements.find(declaration?.instance);
    const { policyHeaders } = enforcement.settings;
    if (policyHeaders.length > 0) point.strip(context, policyHeaders);
    const { policies } = declaration ?? enforcement.undeclared;
    if (policies.length > 0) return enforcement.input(context);
    if (declaration === undefined) this.checkUnguarded(context, enforcement);
    return undefined;
  }

  private evaluate(
    { value: input, snapshot }: DecidedInput,
    { context, declaration }: GuardedCall,
  ): MaybePromise<Decision> {
    const point = adapterOf(context).point;
    const enforcement = this.enforcements.find(declaration?.instance);
    const { groups, timeout, mode } = declaration ?? enforcement.undeclared;
    const origin = new ContextOrigin(context, 'guard');
    const decide = (): MaybePromise<Decision> =>
      point.whileConnected(context, (signal) =>
        combinedGroups(groups, (policy) =>
          enforcement.decide({ policy, input, signal, timeout, mode, origin }, snapshot),
        ),
      );
    if (snapshot === undefined || point.once === undefined) return decide();
    return point.once(context, enforcement, `${JSON.stringify(declaration)} ${snapshot.json}`, decide);
  }

  private checkUnguarded(context: ExecutionContext, enforcement: OpaEnforcement): void {
    const { unguarded } = enforcement.settings;
    const name = handlerName(context);
    if (!this.warned.has(name)) {
      this.warned.add(name);
      const effect = unguarded === 'deny' ? 'refuses' : 'allows';
      this.logger.warn(
        `${name} has no policy, so OpaGuard ${effect} every request (option "unguarded" is "${unguarded}"). ` +
          'Add @OpaPolicy or @OpaPublic to the handler, or set option "policy".',
      );
    }
    if (unguarded === 'allow') return;
    const decision = syntheticDenial('');
    enforcement.reportDenial(context, decision);
    throw new Refused(decision);
  }
}

/** Tells whether a decision is an allow without obligations. */
function isPlainPermit(decision: Decision): boolean {
  return isAllowed(decision) && obligationsOf(decision).length === 0;
}

function permit(decision: Decision, { context, record }: GuardedCall): void {
  adapterOf(context).point.permit(context, decision);
  record.allowed = decision;
}

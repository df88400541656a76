import type { CanActivate, ExecutionContext, OnModuleInit } from '@nestjs/common';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Decision, MaybePromise } from '../contracts/index.js';
import { inputJson, isPromise, OpaError } from '../contracts/index.js';
import type { DecidedInput, DecisionRecord } from '../contexts/index.js';
import { adapterOf, beginDecision, recordOf, UnknownContextException, verdictOn } from '../contexts/index.js';
import { combinedGroups, isAllowed } from '../decision/index.js';
import type { Declaration } from '../decorators/index.js';
import {
  denial,
  EnforcementLocator,
  failure,
  handlerName,
  obligationsOf,
  OpaEnforcement,
  ownDenial,
  Refused,
} from '../enforcement/index.js';
import type { Input } from '../input/index.js';
import { EarlyDenials } from './early-denials.js';
import { OPA_GUARD } from './guard-chain.js';

/** One request under the guard. */
interface Scene {
  readonly context: ExecutionContext;
  readonly record: DecisionRecord;
  readonly declaration: Declaration | undefined;
}

/**
 * Asks OPA before a handler runs: by `@UseGuards(OpaGuard)`, or for all by `APP_GUARD` with `useExisting: OpaGuard`.
 *
 * @remarks Whatever is not an allow is an exception in the form of the context: on HTTP 403 for a denial and an
 * undefined policy, 503, 504 or 500 when no decision could be had. Met twice for one handler, it asks once a request,
 * and again when the input has changed in between: a guard that authenticates may have come later.
 * A context of a kind that isn't known is refused.
 */
@Injectable()
export class OpaGuard implements CanActivate, OnModuleInit {
  static readonly [OPA_GUARD] = true;
  private readonly logger = new Logger(OpaGuard.name);
  private readonly enforcements: EnforcementLocator;
  private readonly warned = new Set<string>();
  private readonly early: EarlyDenials;

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
   * Whether it decides handlers that name no instance.
   *
   * @internal
   */
  get hasUnnamed(): boolean {
    return this.unnamed !== undefined;
  }

  /** @returns `true`, itself where there was nothing to wait for; every refusal is a rejection */
  canActivate(context: ExecutionContext): MaybePromise<boolean> {
    const scene = { context, record: recordOf(context), declaration: this.enforcements.declared(context) };
    try {
      const input = this.input(scene);
      if (input === undefined) return true;
      return isPromise(input) ? this.decideLater(input, scene) : this.decide(input, scene);
    } catch (error) {
      return this.refuse(error, scene);
    }
  }

  private async decideLater(input: PromiseLike<Input>, scene: Scene): Promise<boolean> {
    let ready: Input;
    try {
      ready = await input;
    } catch (error) {
      return this.refuse(error, scene);
    }
    return this.decide(ready, scene);
  }

  private decide(built: Input, scene: Scene): MaybePromise<boolean> {
    const { record, declaration } = scene;
    const input = written(built, this.enforcements.find(declaration?.instance));
    const verdict = verdictOn(record, input);
    if (verdict === undefined) {
      beginDecision(record, input);
      return (record.verdict = this.verdict(input, scene));
    }
    // The headers that only a policy may set have been taken out of the request once more.
    if (record.allowed !== undefined) permit(record.allowed, scene);
    return verdict;
  }

  private verdict(input: DecidedInput, scene: Scene): MaybePromise<boolean> {
    try {
      const asked = this.ask(input, scene);
      if (isPromise(asked) || !isPlainPermit(asked)) return this.enforce(asked, scene);
      permit(asked, scene);
      return true;
    } catch (error) {
      return this.refuse(error, scene);
    }
  }

  private async enforce(asked: MaybePromise<Decision>, scene: Scene): Promise<boolean> {
    const { context, declaration, record } = scene;
    try {
      const decision = await asked;
      if (!isPlainPermit(decision)) {
        const enforcement = this.enforcements.find(declaration?.instance);
        if (!isAllowed(decision)) throw new Refused(await enforcement.obligations.deny(context, decision));
        record.edits = await enforcement.fulfil(context, decision, false);
      }
      permit(decision, scene);
      return true;
    } catch (error) {
      return this.refuse(error, scene);
    }
  }

  /** Throws the error in the context's own form; permissive, an input that can't be built is only told of. */
  private async refuse(error: unknown, { context, declaration }: Scene): Promise<boolean> {
    if (error instanceof UnknownContextException) throw error;
    if (error instanceof Refused) {
      this.early.report(context);
      throw await denial(context, error.decision);
    }
    const notBuilt = error instanceof OpaError && error.code === 'OPA_BAD_INPUT';
    const enforcement = notBuilt ? this.enforcements.find(declaration?.instance) : undefined;
    if (!notBuilt || enforcement?.isPermissive(context) !== true) throw await failure(context, error);
    const { policies } = declaration ?? enforcement.undeclared;
    this.logger.warn(`Permissive: the policy "${policies.join()}" could not be asked: ${error.message}`);
    return true;
  }

  /** The input to decide about; `undefined` where no policy is asked and the handler may run. */
  private input({ context, declaration }: Scene): MaybePromise<Input> | undefined {
    const point = adapterOf(context).point;
    // Where every instance has a name, what names none is public or refused.
    if (declaration?.policies.length === 0 && !this.hasUnnamed) return undefined;
    const enforcement = this.enforcements.find(declaration?.instance);
    const { policyHeaders, unguarded } = enforcement.settings;
    if (policyHeaders.length > 0) point.strip(context, policyHeaders);
    const { policies } = declaration ?? enforcement.undeclared;
    if (policies.length > 0) return enforcement.input(context);
    if (declaration === undefined) this.checkUnguarded(context, unguarded);
    return undefined;
  }

  private ask({ value: input, json }: DecidedInput, { context, declaration }: Scene): MaybePromise<Decision> {
    const point = adapterOf(context).point;
    const enforcement = this.enforcements.find(declaration?.instance);
    const { groups, timeout, mode } = declaration ?? enforcement.undeclared;
    const decide = (): MaybePromise<Decision> =>
      point.whileConnected(context, (signal) =>
        combinedGroups(groups, (policy) =>
          enforcement.decide({ policy, input, signal, timeout, mode }, json),
        ),
      );
    if (json === undefined) return decide();
    return point.once?.(context, enforcement, `${JSON.stringify(declaration)} ${json}`, decide) ?? decide();
  }

  private checkUnguarded(context: ExecutionContext, unguarded: 'deny' | 'allow'): void {
    const name = handlerName(context);
    if (!this.warned.has(name)) {
      this.warned.add(name);
      const effect = unguarded === 'deny' ? 'everyone is refused' : 'everyone is let in';
      this.logger.warn(
        `${name} is under OpaGuard and names no policy, so that ${effect} (option "unguarded" is "${unguarded}"). ` +
          'Add @OpaPolicy or @OpaPublic to the handler, or set option "policy".',
      );
    }
    if (unguarded === 'deny') throw new Refused(ownDenial(''));
  }
}

/** The input with its JSON; why JSON can't hold it, the engine that has to write it tells. */
function written(value: Input, by: OpaEnforcement): DecidedInput {
  try {
    return { value, json: inputJson(value), by };
  } catch {
    return { value, json: undefined, by };
  }
}

/** Tells whether the handler may run, and nothing is to be carried out first. */
function isPlainPermit(decision: Decision): boolean {
  return isAllowed(decision) && obligationsOf(decision).length === 0;
}

function permit(decision: Decision, { context, record }: Scene): void {
  adapterOf(context).point.permit(context, decision);
  record.allowed = decision;
}

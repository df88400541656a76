import type { ExecutionContext, Type } from '@nestjs/common';
import type { Decision, MaybePromise } from '../contracts/index.js';
import { InputSnapshot, OpaError } from '../contracts/index.js';
import type { ResultEdit } from '../contexts/index.js';
import type { OpaQuery } from '../decision/index.js';
import { OpaService } from '../decision/index.js';
import type { Declaration, PublicKeys } from '../decorators/index.js';
import { declarationOf, declarationWith, inputsOf } from '../decorators/index.js';
import type { InputBuilder } from '../contexts/index.js';
import { ContextOrigin } from '../contexts/index.js';
import type { Input } from '../input/index.js';
import type { InputProviders } from './input-providers.js';
import type { Obligations } from './obligations/index.js';
import { Refused } from './refused.js';

/** The options with which one module instance enforces decisions. */
export interface EnforcementSettings {
  /** The policy of handlers that name none. */
  readonly policy?: string | undefined;
  readonly mode: 'enforce' | 'permissive' | 'disabled';
  readonly unguarded: 'deny' | 'allow';
  /** Patterns, in lower case, of the headers that only a policy may set. */
  readonly policyHeaders: readonly string[];
  /** The metadata keys of the application's own public markers. */
  readonly publicKeys?: PublicKeys | undefined;
}

/** One module instance as its guard and interceptor see it. */
export class OpaEnforcement {
  /** The declaration that applies to a handler without one. */
  readonly undeclared: Declaration;

  constructor(
    readonly service: OpaService,
    readonly inputs: InputBuilder,
    readonly settings: EnforcementSettings,
    readonly obligations: Obligations,
    private readonly providers: InputProviders,
  ) {
    this.undeclared = declarationWith(settings.policy === undefined ? [] : [settings.policy]);
  }

  /**
   * Makes a decision. The result is a promise only when the engine needs one.
   *
   * @param snapshot - the snapshot of the input, if the caller has made it already
   */
  decide(query: OpaQuery, snapshot: InputSnapshot | undefined): MaybePromise<Decision> {
    const { service } = this;
    // When a test has replaced the method or the service, only the public method `decide` has an effect.
    return isReplaced(service) ? checked(service.decide(query)) : service.decideNow(query, snapshot);
  }

  /**
   * Makes the snapshot of an input; `undefined` when JSON can't represent the input. The service reports the reason when
   * it decides.
   */
  snapshotOf(input: Input): InputSnapshot | undefined {
    const { service } = this;
    try {
      return isReplaced(service) ? InputSnapshot.of(input) : service.snapshotOf(input);
    } catch {
      return undefined;
    }
  }

  /** Builds the input of the decision about a handler. In mode `disabled` nobody reads the input, so it is empty. */
  input(context: ExecutionContext): MaybePromise<Input> {
    if (this.settings.mode === 'disabled') return {};
    const controller = context.getClass<Type>();
    const inputs = inputsOf(context.getHandler(), controller);
    return this.inputs.build(
      context,
      inputs.map((input) => this.providers.functionOf(input, controller)),
    );
  }

  /** Tells whether denials of a handler are only reported, and the request passes. */
  isPermissive(context: ExecutionContext): boolean {
    return this.settings.mode === 'permissive' || declared(context)?.mode === 'permissive';
  }

  /** Publishes the denial of a request that no policy was asked about. */
  reportDenial(context: ExecutionContext, decision: Decision): void {
    const origin = new ContextOrigin(context, 'guard');
    if (!isReplaced(this.service)) this.service.refused({ origin }, { decision });
  }

  /** Publishes why no policy was asked about a request. In permissive mode the request passes. */
  reportFailure(context: ExecutionContext, declaration: Declaration | undefined, error: OpaError): void {
    if (isReplaced(this.service)) return;
    const { policies, mode } = declaration ?? this.undeclared;
    const origin = new ContextOrigin(context, 'guard');
    this.service.refused({ policy: policies.join(), mode, origin }, { error });
  }

  /**
   * Carries out the obligations of a permit.
   *
   * @param hasResult - whether the caller has the handler's result to edit
   * @returns the edits of the handler's result
   * @throws Refused when an obligation turns the permit into a denial; the OpaError with which a handler refuses the
   * request. With `decision.enforced: 'pass'` the refusal is only reported.
   */
  async fulfil(
    context: ExecutionContext,
    decision: Decision,
    hasResult: boolean,
  ): Promise<readonly ResultEdit[]> {
    const { edits, refusal } = await this.obligations.permit(context, decision, hasResult);
    if (refusal === undefined) return edits;
    if (decision.enforced !== 'pass') throw refusal;
    const reasons = refusal instanceof Refused ? refusal.decision.reasons : [];
    this.service.reportWouldDeny(decision.policy, 'deny', reasons);
    return edits;
  }
}

/** Returns the declaration of a context's handler; `undefined` without one. */
export function declared(context: ExecutionContext): Declaration | undefined {
  return declarationOf(context.getHandler(), context.getClass<Type>());
}

// A mock without a return value gives `undefined`, which must not look like a handler without a policy.
async function checked(pending: Promise<Decision>): Promise<Decision> {
  const decision = (await pending) as Decision | null | undefined;
  if (decision !== undefined && decision !== null) return decision;
  throw new OpaError(
    'OPA_BAD_DECISION',
    'The replacement of OpaService.decide returned no decision. It must return an object with a boolean "allowed".',
  );
}

function isReplaced(service: OpaService): boolean {
  return service.decide !== OpaService.prototype.decide;
}

import type { ExecutionContext, Type } from '@nestjs/common';
import type { Decision, MaybePromise } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';
import type { ResultEdit } from '../contexts/index.js';
import type { OpaQuery } from '../decision/index.js';
import { OpaService } from '../decision/index.js';
import type { Declaration, PublicKeys } from '../decorators/index.js';
import { declarationOf, declarationWith, inputsOf } from '../decorators/index.js';
import type { InputBuilder } from '../contexts/index.js';
import type { Input } from '../input/index.js';
import type { InputProviders } from './input-providers.js';
import type { Obligations } from './obligations/index.js';
import { Refused } from './refused.js';

/** How one module instance enforces decisions. */
export interface EnforcementSettings {
  /** The policy of handlers that name none. */
  readonly policy?: string | undefined;
  readonly mode: 'enforce' | 'permissive' | 'disabled';
  readonly unguarded: 'deny' | 'allow';
  /** Patterns of headers that only a policy may set; lower case. */
  readonly policyHeaders: readonly string[];
  /** The application's own markers of public handlers. */
  readonly publicKeys?: PublicKeys | undefined;
}

/** One module instance as its guard and interceptor see it. */
export class OpaEnforcement {
  /** What holds for a handler that declares nothing. */
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
   * Asks the service, without a promise where its engine needs none.
   *
   * @param json - the question's input as JSON, if it has been written
   */
  decide(question: OpaQuery, json: string | undefined): MaybePromise<Decision> {
    const { service } = this;
    // Whoever has replaced the method, or the service, is asked by what is public.
    return isOwn(service) ? service.decideNow({ ...question, json }) : given(service.decide(question));
  }

  /** Builds the input of a handler's decision; disabled, nobody reads it. */
  input(context: ExecutionContext): MaybePromise<Input> {
    if (this.settings.mode === 'disabled') return {};
    const controller = context.getClass<Type>();
    const inputs = inputsOf(context.getHandler(), controller);
    return this.inputs.build(
      context,
      inputs.map((input) => this.providers.functionOf(input, controller)),
    );
  }

  /** Whether a handler's decisions are only reported. */
  isPermissive(context: ExecutionContext): boolean {
    return this.settings.mode === 'permissive' || declared(context)?.mode === 'permissive';
  }

  /**
   * Carries out the obligations of a permit.
   *
   * @param resultAtHand - whether the caller has the handler's result to edit
   * @returns what they want changed in the handler's result
   * @throws Refused when they make a denial of it; a denial that passes (`decision.enforced`) is reported
   */
  async fulfil(
    context: ExecutionContext,
    decision: Decision,
    resultAtHand: boolean,
  ): Promise<readonly ResultEdit[]> {
    const { edits, refusal } = await this.obligations.permit(context, decision, resultAtHand);
    if (refusal === undefined) return edits;
    if (decision.enforced !== 'pass') throw new Refused(refusal);
    this.service.reportWouldDeny(decision.policy, 'deny', refusal.reasons);
    return edits;
  }
}

/** What the handler of a context declares. */
export function declared(context: ExecutionContext): Declaration | undefined {
  return declarationOf(context.getHandler(), context.getClass<Type>());
}

// Nothing at all, as a bare mock gives, must not look like a handler that no policy is asked for.
async function given(decided: Promise<Decision>): Promise<Decision> {
  const decision = (await decided) as Decision | null | undefined;
  if (decision !== undefined && decision !== null) return decision;
  throw new OpaError(
    'OPA_BAD_DECISION',
    'What stands in for OpaService.decide gave no decision; let it give one with a boolean "allowed".',
  );
}

function isOwn(service: OpaService): boolean {
  return service.decide === OpaService.prototype.decide;
}

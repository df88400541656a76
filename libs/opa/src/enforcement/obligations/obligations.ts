import type { ExecutionContext } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { Decision, Obligation } from '../../contracts/index.js';
import { messageOf, OpaError } from '../../contracts/index.js';
import type { ResultEdit } from '../../decision/index.js';
import type { OpaObligationScene } from '../../decorators/index.js';
import { kindOf } from '../../contexts/index.js';
import { pointOf } from '../../contexts/index.js';
import { ownDenial } from '../refused.js';
import type { Effects } from './built-in.js';
import { BUILT_IN } from './built-in.js';
import { ObligationRegistry } from './registry.js';
import { resultIsEdited } from './result-editor.js';
import { challenged } from './step-up.js';

/** What a permit has come to. */
export interface Permitted {
  /** What its obligations want changed in the handler's result. */
  readonly edits: readonly ResultEdit[];
  /** The denial that it has become, when an obligation can't be carried out or asks for a step-up. */
  readonly refusal?: Decision;
}

/** Carries out obligations, the library's own and the application's: each one, whatever becomes of the others. */
@Injectable()
export class Obligations {
  private readonly logger = new Logger('OpaObligations');

  constructor(
    @Inject(ObligationRegistry) private readonly registry: ObligationRegistry,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
  ) {}

  /** @param resultAtHand - whether the caller has the handler's result to edit; before the handler runs nobody has */
  async permit(context: ExecutionContext, decision: Decision, resultAtHand: boolean): Promise<Permitted> {
    const { effects, failed } = await this.carryOut({ context, decision });
    const { edits, challenges, headers } = effects;
    const edited = resultAtHand || edits.length === 0 || resultIsEdited(context, this.config);
    if (!edited) this.logger.error(notEdited(decision.policy, context));
    if (!failed && edited && challenges.length === 0) return { edits };
    const denial = { ...ownDenial(decision.policy), id: decision.id, headers };
    return { edits, refusal: challenged(denial, challenges, kindOf(context) === 'http') };
  }

  /** @returns the denial, as its obligations make it */
  async deny(context: ExecutionContext, decision: Decision): Promise<Decision> {
    if (obligationsOf(decision).length === 0) return decision;
    const { effects } = await this.carryOut({ context, decision });
    const headers = { ...decision.headers, ...effects.headers };
    return challenged({ ...decision, headers }, effects.challenges, kindOf(context) === 'http');
  }

  private async carryOut(scene: OpaObligationScene): Promise<{ effects: Effects; failed: boolean }> {
    const { context, decision } = scene;
    const reply = pointOf(context).reply(context);
    const effects: Effects = { reply, headers: {}, edits: [], challenges: [] };
    let failed = false;
    for (const obligation of obligationsOf(decision)) {
      try {
        await this.one(obligation, effects, scene);
      } catch (error) {
        failed = true;
        this.logger.error(
          `An obligation ${JSON.stringify(obligation.type)} of the policy "${decision.policy}" is not carried out, ` +
            `${decision.allowed ? 'its permit is a denial' : 'beside a denial'}: ${messageOf(error)}`,
        );
      }
    }
    return { effects, failed };
  }

  private async one(obligation: Obligation, effects: Effects, scene: OpaObligationScene): Promise<void> {
    const { type, properties, malformed } = obligation;
    if (malformed !== undefined)
      throw new OpaError('OPA_BAD_DECISION', `The obligation is malformed: ${malformed}.`);
    const builtIn = BUILT_IN.get(type);
    const handler = this.registry.find(type);
    if (builtIn !== undefined) builtIn(properties, effects);
    else if (handler !== undefined) await handler.handle(obligation, scene);
    else throw new OpaError('OPA_BAD_DECISION', 'Nobody carries out this type: provide an @OpaObligation.');
  }
}

/** The obligations of a decision; whoever replaced OpaService in a test may give one without any. */
export function obligationsOf(decision: Partial<Decision>): readonly Obligation[] {
  return decision.obligations ?? [];
}

function notEdited(policy: string, context: ExecutionContext): string {
  const handler = `${context.getClass().name}.${context.getHandler().name}`;
  return (
    `The policy "${policy}" allows ${handler} if its result is masked, which nobody does: denied. ` +
    'Put @UseInterceptors(OpaInterceptor) on the handler or its class, outside any CacheInterceptor, and let it return its result.'
  );
}

import type { ExecutionContext } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { Decision, OpaError } from '../../contracts/index.js';
import type { ResultEdit } from '../../contexts/index.js';
import { adapterOf, setHeaders } from '../../contexts/index.js';
import type { OpaObligationScene } from '../../decorators/index.js';
import { Refused, syntheticDenial } from '../refused.js';
import type { HeaderTarget, ObligationEffects } from './built-in.js';
import { ObligationExecutor, obligationsOf } from './executor.js';
import { resultIsEdited } from './result-editor.js';
import { challenged } from './step-up.js';

/** The outcome of a permit's obligations. */
export interface Permitted {
  /** The edits of the handler's result that the obligations require. */
  readonly edits: readonly ResultEdit[];
  /**
   * The error that replaces the permit: a denial when an obligation failed or requires a step-up, or the error of a
   * handler, such as `OPA_RATE_LIMITED`.
   */
  readonly refusal?: Refused | OpaError;
}

/** Carries out the obligations of decisions about Nest handlers. */
@Injectable()
export class Obligations {
  private readonly logger = new Logger('OpaObligations');

  constructor(
    @Inject(ObligationExecutor) private readonly executor: ObligationExecutor,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
  ) {}

  /** @param hasResult - whether the caller has the handler's result; before the handler runs, there is no result */
  async permit(context: ExecutionContext, decision: Decision, hasResult: boolean): Promise<Permitted> {
    const phase = hasResult ? 'response' : 'request';
    const { edits, stepUps, headers, failed, refusal } = await this.execute(context, decision, phase);
    const edited = hasResult || edits.length === 0 || resultIsEdited(context, this.config);
    if (!edited) this.logger.error(notEdited(decision.policy, context));
    if (!failed && edited && stepUps.length === 0)
      return { edits, ...(refusal !== undefined && { refusal }) };
    const denial = { ...syntheticDenial(decision.policy), id: decision.id, headers };
    return { edits, refusal: new Refused(challenged(denial, stepUps, answersByChallenge(context))) };
  }

  /** @returns the denial, with the headers and challenges that its obligations add */
  async deny(
    context: ExecutionContext,
    decision: Decision,
    phase: OpaObligationScene['phase'],
  ): Promise<Decision> {
    if (obligationsOf(decision).length === 0) return decision;
    const { headers, stepUps } = await this.execute(context, decision, phase);
    const denial = { ...decision, headers: { ...decision.headers, ...headers } };
    return challenged(denial, stepUps, answersByChallenge(context));
  }

  private execute(
    context: ExecutionContext,
    decision: Decision,
    phase: OpaObligationScene['phase'],
  ): Promise<ObligationEffects> {
    return this.executor.execute({ scene: { context, decision, phase }, headers: headersOf(context) });
  }
}

function answersByChallenge(context: ExecutionContext): boolean {
  return adapterOf(context).point.challenge === 'www-authenticate';
}

function headersOf(context: ExecutionContext): HeaderTarget | undefined {
  const reply = adapterOf(context).point.reply(context);
  if (reply === undefined) return undefined;
  return {
    set: (name, value) => setHeaders(reply, { [name]: value }),
    remove: (name) => void reply.removeHeader(name),
  };
}

function notEdited(policy: string, context: ExecutionContext): string {
  const handler = `${context.getClass().name}.${context.getHandler().name}`;
  return (
    `The policy "${policy}" allows ${handler} only with a mask, but no OpaInterceptor edits its result. ` +
    'The request is denied. Put @UseInterceptors(OpaInterceptor) on the handler or its class, outside any ' +
    'CacheInterceptor, and let the handler return its result.'
  );
}

import type { ExecutionContext } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Obligation, OpaErrorCode } from '../../contracts/index.js';
import { messageOf, OpaError } from '../../contracts/index.js';
import type { OpaObligationScene } from '../../decorators/index.js';
import type { HeaderTarget, ObligationEffects } from './built-in.js';
import { BUILT_IN } from './built-in.js';
import { ObligationRegistry } from './registry.js';

/** The errors with which a handler refuses a permitted request. Every other error is a failure of the handler. */
const REFUSING: ReadonlySet<OpaErrorCode> = new Set(['OPA_RATE_LIMITED', 'OPA_LIMITER_UNAVAILABLE']);

/** The decision whose obligations the executor carries out, and the place for headers. */
export interface ObligationTarget {
  /** The scene for the application's handlers. Without a context the executor carries out only built-in obligations. */
  readonly scene: Omit<OpaObligationScene, 'context'> & { readonly context: ExecutionContext | undefined };
  /** The response on which the obligation `header` sets headers; `undefined` when the client gets no HTTP response. */
  readonly headers: HeaderTarget | undefined;
}

/**
 * Carries out the obligations of a decision, on every kind of context and on MCP. The library carries out built-in
 * obligations, and the application's handlers carry out all others. A failed obligation does not stop the others.
 */
@Injectable()
export class ObligationExecutor {
  private readonly logger = new Logger('OpaObligations');

  constructor(@Inject(ObligationRegistry) private readonly registry: ObligationRegistry) {}

  /** @returns the effects of all obligations, and whether any obligation failed */
  async execute({ scene, headers }: ObligationTarget): Promise<ObligationEffects> {
    const { decision } = scene;
    const effects: ObligationEffects = {
      target: headers,
      headers: {},
      edits: [],
      stepUps: [],
      failed: false,
    };
    for (const obligation of obligationsOf(decision)) {
      try {
        await this.executeOne(obligation, effects, scene);
      } catch (error) {
        if (error instanceof OpaError && REFUSING.has(error.code)) {
          effects.refusal ??= error;
          continue;
        }
        effects.failed = true;
        const consequence = decision.allowed ? 'The request is denied' : 'The denial stays';
        this.logger.error(
          `The obligation ${JSON.stringify(obligation.type)} of the policy "${decision.policy}" failed. ` +
            `${consequence}: ${messageOf(error)}`,
        );
      }
    }
    return effects;
  }

  private async executeOne(
    obligation: Obligation,
    effects: ObligationEffects,
    { context, ...scene }: ObligationTarget['scene'],
  ): Promise<void> {
    const { type, properties, malformed } = obligation;
    if (malformed !== undefined)
      throw new OpaError('OPA_BAD_DECISION', `The obligation is malformed: ${malformed}.`);
    const builtIn = BUILT_IN.get(type);
    const handler = this.registry.find(type);
    if (builtIn !== undefined) builtIn(properties, effects);
    else if (handler !== undefined && context !== undefined)
      await handler.handle(obligation, { ...scene, context });
    else
      throw new OpaError(
        'OPA_BAD_DECISION',
        `No provider carries out the type ${JSON.stringify(type)}. Add one with @OpaObligation(${JSON.stringify(type)}).`,
      );
  }
}

/** The obligations of a decision. A mocked OpaService may return a decision without any. */
export function obligationsOf(decision: {
  readonly obligations?: readonly Obligation[];
}): readonly Obligation[] {
  return decision.obligations ?? [];
}

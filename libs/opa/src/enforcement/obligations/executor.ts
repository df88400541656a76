import type { ExecutionContext } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Obligation } from '../../contracts/index.js';
import { messageOf, OpaError } from '../../contracts/index.js';
import type { OpaObligationScene } from '../../decorators/index.js';
import type { HeaderTarget, ObligationEffects } from './built-in.js';
import { BUILT_IN } from './built-in.js';
import { ObligationRegistry } from './registry.js';

/** The decision whose obligations are carried out, and where. */
export interface ObligationTarget {
  /** What a handler of the application is given. Without a context only the library's own obligations are carried out. */
  readonly scene: Omit<OpaObligationScene, 'context'> & { readonly context: ExecutionContext | undefined };
  /** Where the obligation `header` sets headers; `undefined` where the client gets no HTTP response. */
  readonly headers: HeaderTarget | undefined;
}

/**
 * Carries out the obligations of a decision, the library's own and the application's, on every kind of context and on
 * MCP. One that fails does not stop the others.
 */
@Injectable()
export class ObligationExecutor {
  private readonly logger = new Logger('OpaObligations');

  constructor(@Inject(ObligationRegistry) private readonly registry: ObligationRegistry) {}

  /** @returns what the obligations want changed, and whether one of them could not be carried out */
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

import { Logger } from '@nestjs/common';
import type { Decision, Obligation } from 'nestjs-opa';
import { OpaError } from 'nestjs-opa';
import type { ResultEdit } from 'nestjs-opa/internal';
import { BUILT_IN } from 'nestjs-opa/internal';

/** What the obligations of a decision on an MCP call come to. */
export interface McpEffects {
  /** What they want changed in the result. */
  readonly edits: ResultEdit[];
  /** The scopes that a step-up asks for; `undefined` without one. */
  readonly scopes: readonly string[] | undefined;
  /** One of them can't be carried out: a permit is a denial then. */
  readonly failed: boolean;
}

const logger = new Logger('OpaMcp');
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/**
 * Carries out the obligations that an MCP call can have: `mask`, `remove` and `step-up`, each one, whatever becomes of
 * the others. Any other is unknown here.
 */
export function effectsOf(decision: Decision): McpEffects {
  const edits: ResultEdit[] = [];
  const scopes: string[] = [];
  let stepUp = false;
  let failed = false;
  for (const obligation of decision.obligations) {
    try {
      if (obligation.type === 'step-up') {
        stepUp = true;
        scopes.push(...scopesOf(obligation));
      } else edit(obligation, edits);
    } catch (error) {
      failed = true;
      logger.error(
        `An obligation ${JSON.stringify(obligation.type)} of the policy "${decision.policy}" is not carried out: ` +
          (error instanceof OpaError ? error.message : String(error)),
      );
    }
  }
  return { edits, scopes: stepUp ? [...new Set(scopes)] : undefined, failed };
}

function edit({ type, properties, malformed }: Obligation, edits: ResultEdit[]): void {
  const carryOut = type === 'mask' || type === 'remove' ? BUILT_IN.get(type) : undefined;
  if (malformed !== undefined || carryOut === undefined) {
    throw new OpaError('OPA_BAD_DECISION', malformed ?? 'Nobody carries out this type on an MCP call.');
  }
  carryOut(properties, { target: undefined, headers: {}, edits, stepUps: [], failed: false });
}

function scopesOf({ properties, malformed }: Obligation): string[] {
  const given = properties['scope'] ?? properties['scopes'] ?? [];
  const list: unknown[] = typeof given === 'string' ? given.split(' ').filter(Boolean) : [given].flat();
  const scopes = list.filter((scope): scope is string => typeof scope === 'string' && SCOPE.test(scope));
  if (malformed !== undefined || scopes.length !== list.length)
    throw new OpaError('OPA_BAD_DECISION', malformed ?? 'Its scopes are not a list of scope names.');
  return scopes;
}

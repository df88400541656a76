import type { Decision } from 'nestjs-opa';
import { OpaError } from 'nestjs-opa';
import type { OpaService } from 'nestjs-opa';
import type { ResultEdit } from 'nestjs-opa/internal';
import { isAllowed, together } from 'nestjs-opa/internal';
import type { McpEffects } from '../policy/effects.js';
import { effectsOf } from '../policy/effects.js';
import type { McpRefusal } from '../policy/enforcer.js';
import { denied } from '../policy/refusals.js';

/** The part of OpaService that a plugin needs. */
export type PluginOpa = Pick<OpaService, 'decide' | 'mode' | 'reportWouldDeny'>;

/** The query of one entry. */
export interface PluginQuery {
  readonly opa: PluginOpa;
  readonly policy: string;
  readonly input: unknown;
}

/** Several decisions combined: a refusal, or the changes that they make to the result. */
export interface CombinedDecision {
  readonly refusal?: McpRefusal;
  readonly edits: readonly ResultEdit[];
  /** What replaces the result; `undefined` when no policy replaces the result. */
  readonly body?: unknown;
  /** The allows as one decision; `undefined` when permissive mode let everything pass. */
  readonly allowed?: Decision;
}

interface Decided extends McpEffects {
  readonly decision: Decision;
  readonly refuses: boolean;
}

/**
 * Evaluates every query at once. All must allow, and every obligation must be carried out. One denial is enough to
 * refuse, whatever becomes of the other queries.
 *
 * @param hasResult - whether there is a result to edit; without one an edit can't be carried out
 * @throws OpaError when a query fails and no other denies; `OPA_BAD_DECISION` when two policies replace the result
 */
export async function decideAll(
  queries: readonly PluginQuery[],
  hasResult: boolean,
  signal: AbortSignal | undefined,
): Promise<CombinedDecision> {
  const phase = hasResult ? 'response' : 'request';
  const settled = await Promise.allSettled(
    queries.map(async ({ opa, policy, input }) =>
      carryOut(await opa.decide({ policy, input, phase, signal }), opa, hasResult),
    ),
  );
  const decided = settled.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const refusing = decided.filter(({ refuses }) => refuses);
  if (refusing.length > 0) return { refusal: combinedRefusal(refusing), edits: [] };
  const failure = settled.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  const effective = decided.filter(({ decision }) => decision.degraded !== 'permissive');
  return {
    edits: effective.flatMap(({ edits }) => edits),
    body: replacementOf(effective),
    ...(effective.length > 0 && { allowed: together(effective.map(({ decision }) => decision)) }),
  };
}

function carryOut(decision: Decision, opa: PluginOpa, hasResult: boolean): Decided {
  const effects = effectsOf(decision);
  // A mocked OpaService may return anything, so only `true` counts as an allow.
  if (!isAllowed(decision)) return { ...effects, decision, refuses: true };
  const failed = effects.failed || effects.scopes !== undefined || (!hasResult && effects.edits.length > 0);
  const refuses = failed && decision.enforced !== 'pass';
  if (failed && !refuses && decision.degraded === undefined) {
    opa.reportWouldDeny(decision.policy, 'deny', decision.reasons);
  }
  return { ...effects, decision, refuses };
}

function combinedRefusal(refusing: readonly Decided[]): McpRefusal {
  const [first] = refusing as [Decided];
  const stepUps = refusing.filter(({ scopes }) => scopes !== undefined);
  const scopes = [...new Set(stepUps.flatMap((stepUp) => stepUp.scopes ?? []))];
  const reasons = refusing.flatMap(({ decision }) => decision.reasons);
  return denied({ ...first.decision, reasons }, stepUps.length > 0 ? scopes : undefined);
}

function replacementOf(decided: readonly Decided[]): unknown {
  const replacing = decided.filter(({ decision }) => decision.body !== undefined);
  if (replacing.length > 1) {
    const policies = replacing.map(({ decision }) => `"${decision.policy}"`).join(' and ');
    throw new OpaError(
      'OPA_BAD_DECISION',
      `The policies ${policies} each replace the result with a body. Let one policy return a body.`,
    );
  }
  return replacing[0]?.decision.body;
}

import type { Decision } from 'nestjs-opa';
import { OpaError } from 'nestjs-opa';
import type { OpaService } from 'nestjs-opa';
import type { ResultEdit } from 'nestjs-opa/internal';
import { together } from 'nestjs-opa/internal';
import type { McpEffects } from '../policy/effects.js';
import { effectsOf } from '../policy/effects.js';
import type { McpRefusal } from '../policy/enforcer.js';
import { denied } from '../policy/refusals.js';

/** The part of OpaService that a plugin needs. */
export type PluginOpa = Pick<OpaService, 'decide' | 'mode' | 'reportWouldDeny'>;

/** A question of one entry. */
export interface PluginQuestion {
  readonly opa: PluginOpa;
  readonly policy: string;
  readonly input: unknown;
}

/** What several decisions come to: a refusal, or what they want changed in the result. */
export interface Verdict {
  readonly refusal?: McpRefusal;
  readonly edits: readonly ResultEdit[];
  /** What replaces the result; `undefined` when nothing does. */
  readonly body?: unknown;
  /** The allows as one, those apart that were only let through; `undefined` without any. */
  readonly allowed?: Decision;
}

interface Decided extends McpEffects {
  readonly decision: Decision;
  readonly refuses: boolean;
}

/**
 * Asks every question at once: all must allow, and each obligation be carried out. One denial is enough to refuse,
 * whatever the other questions come to.
 *
 * @param hasResult - whether there is a result to edit; without one an edit can't be carried out
 * @throws OpaError when no answer can be had and none denies; `OPA_BAD_DECISION` for two replacements of one result
 */
export async function verdictOf(
  questions: readonly PluginQuestion[],
  hasResult: boolean,
  signal: AbortSignal | undefined,
): Promise<Verdict> {
  const phase = hasResult ? 'response' : 'request';
  const settled = await Promise.allSettled(
    questions.map(async ({ opa, policy, input }) =>
      decidedBy(await opa.decide({ policy, input, phase, signal }), opa, hasResult),
    ),
  );
  const decided = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const refusing = decided.filter(({ refuses }) => refuses);
  if (refusing.length > 0) return { refusal: refusalOf(refusing), edits: [] };
  const failure = settled.find((one) => one.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  const counting = decided.filter(({ decision }) => decision.degraded !== 'permissive');
  return {
    edits: counting.flatMap(({ edits }) => edits),
    body: bodyOf(counting),
    ...(counting.length > 0 && { allowed: together(counting.map(({ decision }) => decision)) }),
  };
}

function decidedBy(decision: Decision, opa: PluginOpa, hasResult: boolean): Decided {
  const effects = effectsOf(decision);
  if ((decision.allowed as unknown) !== true) return { ...effects, decision, refuses: true };
  const failed = effects.failed || effects.scopes !== undefined || (!hasResult && effects.edits.length > 0);
  const refuses = failed && opa.mode !== 'permissive';
  if (failed && !refuses && decision.degraded === undefined) {
    opa.reportWouldDeny(decision.policy, 'deny', decision.reasons);
  }
  return { ...effects, decision, refuses };
}

function refusalOf(refusing: readonly Decided[]): McpRefusal {
  const [first] = refusing as [Decided];
  const asking = refusing.filter(({ scopes }) => scopes !== undefined);
  const scopes = [...new Set(asking.flatMap((one) => one.scopes ?? []))];
  const reasons = refusing.flatMap(({ decision }) => decision.reasons);
  return denied({ ...first.decision, reasons }, asking.length > 0 ? scopes : undefined);
}

function bodyOf(decided: readonly Decided[]): unknown {
  const replacing = decided.filter(({ decision }) => decision.body !== undefined);
  if (replacing.length > 1) {
    const policies = replacing.map(({ decision }) => `"${decision.policy}"`).join(' and ');
    throw new OpaError(
      'OPA_BAD_DECISION',
      `The policies ${policies} each replace the result. Let one do it.`,
    );
  }
  return replacing[0]?.decision.body;
}

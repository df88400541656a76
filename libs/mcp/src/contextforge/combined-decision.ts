import type { Decision, HeaderValues } from 'nestjs-opa';
import { OpaError } from 'nestjs-opa';
import type { OpaService } from 'nestjs-opa';
import { isAllowed, mergeStepUps, together } from 'nestjs-opa/internal';
import { CallOrigin } from '../policy/call-origin.js';
import type { ResultChanges } from '../policy/changed-result.js';
import type { McpOrigin, McpRefusal } from '../policy/enforcer.js';
import type { McpEffects, McpObligations } from '../policy/obligations.js';
import type { McpCall } from '../protocol/call.js';
import { denied } from '../policy/refusals.js';

/** The part of OpaService that a plugin needs. */
export type PluginOpa = Pick<OpaService, 'decide' | 'mode' | 'reportWouldDeny'>;

/** The query of one entry. */
export interface PluginQuery {
  readonly opa: PluginOpa;
  readonly policy: string;
  readonly input: unknown;
}

/** What the queries are about. */
export interface PluginQueryScope {
  readonly call: McpCall;
  readonly origin: McpOrigin;
  readonly obligations: McpObligations;
  /** Whether there is a result to edit. Without one an edit can't be carried out. */
  readonly hasResult: boolean;
}

/** Several decisions combined: a refusal, or the changes that they make to the result. */
export interface CombinedDecision {
  readonly refusal?: McpRefusal;
  readonly changes: ResultChanges;
  /** The headers that obligations set on the client's response. */
  readonly headers: HeaderValues;
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
 * @throws OpaError when a query fails and no other denies; `OPA_BAD_DECISION` when two policies replace the result
 */
export async function decideAll(
  queries: readonly PluginQuery[],
  scope: PluginQueryScope,
): Promise<CombinedDecision> {
  const phase = scope.hasResult ? 'response' : 'request';
  const { signal } = scope.origin;
  const origin = new CallOrigin(scope.call, scope.origin, 'mcp');
  const settled = await Promise.allSettled(
    queries.map(async ({ opa, policy, input }) =>
      carryOut(await opa.decide({ policy, input, phase, signal, origin }), opa, scope),
    ),
  );
  const decided = settled.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const refusing = decided.filter(({ refuses }) => refuses);
  if (refusing.length > 0) return { refusal: combinedRefusal(refusing), changes: NONE, headers: {} };
  const failure = settled.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  const effective = decided.filter(({ decision }) => decision.degraded !== 'permissive');
  return {
    changes: changesOf(effective),
    headers: Object.assign({}, ...effective.map(({ headers }) => headers)) as HeaderValues,
    ...(effective.length > 0 && { allowed: together(effective.map(({ decision }) => decision)) }),
  };
}

async function carryOut(
  decision: Decision,
  opa: PluginOpa,
  { call, origin, obligations, hasResult }: PluginQueryScope,
): Promise<Decided> {
  const effects = await obligations.carryOut(
    decision,
    call,
    hasResult ? 'response' : 'request',
    origin.context,
  );
  if (!isAllowed(decision)) return { ...effects, decision, refuses: true };
  const failed = effects.failed || effects.stepUp !== undefined || (!hasResult && effects.edits.length > 0);
  const refuses = failed && decision.enforced !== 'pass';
  if (!failed && effects.refusal !== undefined && decision.enforced !== 'pass') throw effects.refusal;
  if ((failed || effects.refusal !== undefined) && !refuses && decision.degraded === undefined) {
    opa.reportWouldDeny(decision.policy, 'deny', decision.reasons);
  }
  return { ...effects, decision, refuses };
}

function combinedRefusal(refusing: readonly Decided[]): McpRefusal {
  const [first] = refusing as [Decided];
  const stepUps = refusing.flatMap(({ stepUp }) => stepUp ?? []);
  const reasons = refusing.flatMap(({ decision }) => decision.reasons);
  const headers = Object.assign({}, ...refusing.map((refused) => refused.headers)) as HeaderValues;
  const stepUp = stepUps.length > 0 ? mergeStepUps(stepUps) : undefined;
  return denied({ ...first.decision, reasons }, { stepUp, headers });
}

const NONE: ResultChanges = { body: undefined, edits: [], policies: [] };

function changesOf(decided: readonly Decided[]): ResultChanges {
  const changing = decided.filter(({ decision, edits }) => decision.body !== undefined || edits.length > 0);
  return {
    body: replacementOf(decided),
    edits: decided.flatMap(({ edits }) => edits),
    policies: changing.map(({ decision }) => decision.policy),
  };
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

import type { PlanError } from 'opa-plan';
import { OpaError } from '../../contracts/index.js';

/** An `OPA_BAD_BUNDLE` whose message begins with the bundle's name. */
export function badBundle(source: string, problem: string, cause?: unknown): OpaError {
  return new OpaError('OPA_BAD_BUNDLE', `The bundle ${source} can't be used: ${problem}`, { cause });
}

/**
 * The error of a failed evaluation. The error has no cause, because a builtin's message may quote the input. A timeout
 * here is due to the policy or the input, not to an unavailable OPA, so no fallback is used.
 */
export function evaluationError({ code, message }: PlanError, path: string): OpaError {
  return code === 'DEADLINE_EXCEEDED'
    ? new OpaError('OPA_TIMEOUT', `The deadline passed while "${path}" was evaluated.`, { noFallback: true })
    : new OpaError('OPA_POLICY_ERROR', `The policy "${path}" failed: ${message}`);
}
